// The controlling side of ICE towards an ICE-lite server (RFC 8445 §2.5, RFC 8489, consent by RFC 7675).
#pragma once

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <arpa/inet.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "util.hpp"

namespace bots {

class Stun {
 public:
  static constexpr uint16_t request = 0x0001;
  static constexpr uint16_t success = 0x0101;

  /** A nominating check. @param id 12 bytes, to know the answer by */
  static std::vector<uint8_t> check(const uint8_t* id, const std::string& user, const std::string& password,
                                    uint64_t tieBreaker) {
    std::vector<uint8_t> message(20);
    put16(message.data(), 0x0001);
    put32(message.data() + 4, 0x2112a442);
    std::memcpy(message.data() + 8, id, 12);
    uint8_t value[8];
    attribute(message, 0x0006, reinterpret_cast<const uint8_t*>(user.data()), user.size());
    put32(value, 0x6e7f1eff);
    attribute(message, 0x0024, value, 4);  // PRIORITY of a peer-reflexive candidate
    put64(value, tieBreaker);
    attribute(message, 0x802a, value, 8);  // ICE-CONTROLLING
    attribute(message, 0x0025, value, 0);  // USE-CANDIDATE
    seal(message, password);
    return message;
  }

  /** Yes to a check of the far end: some "lite" servers ask back. @param password our own */
  static std::vector<uint8_t> answer(const uint8_t* id, const sockaddr_storage& from, const std::string& password) {
    std::vector<uint8_t> message(20);
    put16(message.data(), success);
    put32(message.data() + 4, 0x2112a442);
    std::memcpy(message.data() + 8, id, 12);
    if (from.ss_family == AF_INET) {
      // XOR-MAPPED-ADDRESS of IPv4 (RFC 8489 §14.2); nobody who asks back needs more.
      const auto* address = reinterpret_cast<const sockaddr_in*>(&from);
      uint8_t value[8] = {0, 1};
      put16(value + 2, ntohs(address->sin_port) ^ 0x2112);
      put32(value + 4, ntohl(address->sin_addr.s_addr) ^ 0x2112a442);
      attribute(message, 0x0020, value, 8);
    }
    seal(message, password);
    return message;
  }

 private:
  /** MESSAGE-INTEGRITY and FINGERPRINT; both cover a header whose length already includes themselves. */
  static void seal(std::vector<uint8_t>& message, const std::string& password) {
    put16(message.data() + 2, message.size() - 20 + 24);
    uint8_t mac[20];
    unsigned macLength = sizeof mac;
    HMAC(EVP_sha1(), password.data(), static_cast<int>(password.size()), message.data(), message.size(), mac, &macLength);
    attribute(message, 0x0008, mac, 20);
    put16(message.data() + 2, message.size() - 20 + 8);
    uint8_t value[4];
    put32(value, crc32(message) ^ 0x5354554e);
    attribute(message, 0x8028, value, 4);
  }

  /** CRC-32 as in Ethernet; a few checks a second need no table. */
  static uint32_t crc32(const std::vector<uint8_t>& bytes) {
    uint32_t crc = 0xffffffff;
    for (const uint8_t byte : bytes) {
      crc ^= byte;
      for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
    return ~crc;
  }

  static void attribute(std::vector<uint8_t>& message, uint16_t type, const uint8_t* value, size_t length) {
    const size_t at = message.size();
    message.resize(at + 4 + (length + 3) / 4 * 4);
    put16(message.data() + at, type);
    put16(message.data() + at + 2, length);
    std::memcpy(message.data() + at + 4, value, length);
  }
};

}  // namespace bots
