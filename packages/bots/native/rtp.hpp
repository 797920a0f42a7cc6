// RTP packets (RFC 3550, one-byte header extensions of RFC 8285) and the stamp that every payload of ours ends with.
#pragma once

#include <map>
#include <string>

#include "json.hpp"
#include "util.hpp"

namespace bots {

/** Ids of header extensions as signalled; 0: not in use. */
struct Extensions {
  uint8_t mid = 0, rid = 0, repairedRid = 0, absSendTime = 0, transportCc = 0, level = 0;

  static Extensions of(const Json& ids) {
    const auto id = [&](const char* name) { return static_cast<uint8_t>(ids[name].integer()); };
    return {id("mid"), id("rid"), id("repairedRid"), id("absSendTime"), id("transportCc"), id("level")};
  }
};

/**
 * What a receiver needs to know of a packet's past; the last 40 bytes of the payload, which no media server touches.
 * `sent[t]`: packets this encoding has sent so far on temporal layers up to t, this one included.
 */
struct Stamp {
  static constexpr size_t size = 40;
  static constexpr uint32_t magic = 0x6768626f;
  uint32_t sender = 0;
  uint32_t process = 0;
  int64_t sentNs = 0;
  uint8_t layer = 0;
  uint8_t temporal = 0;
  uint32_t sent[3] = {0, 0, 0};

  void write(uint8_t* at) const {
    put32(at, magic), put32(at + 4, sender), put32(at + 8, process), put64(at + 12, sentNs);
    at[20] = layer, at[21] = temporal, at[22] = at[23] = 0;
    for (int i = 0; i < 3; ++i) put32(at + 24 + 4 * i, sent[i]);
    put32(at + 36, magic);
  }
  /** @param end one past the payload's last byte */
  static bool read(const uint8_t* end, size_t payloadLength, Stamp& stamp) {
    if (payloadLength < size) return false;
    const uint8_t* at = end - size;
    if (get32(at) != magic || get32(at + 36) != magic || at[21] > 2) return false;
    stamp.sender = get32(at + 4), stamp.process = get32(at + 8);
    stamp.sentNs = static_cast<int64_t>(get64(at + 12));
    stamp.layer = at[20], stamp.temporal = at[21];
    for (int i = 0; i < 3; ++i) stamp.sent[i] = get32(at + 24 + 4 * i);
    return true;
  }
};

/** A received packet, taken apart where it lies. */
struct RtpView {
  uint32_t ssrc = 0;
  uint32_t timestamp = 0;
  uint16_t sequence = 0;
  uint8_t payloadType = 0;
  const uint8_t* payload = nullptr;
  size_t payloadLength = 0;
  int transportSequence = -1;

  static bool read(const uint8_t* packet, size_t length, uint8_t transportCcId, RtpView& view) {
    if (length < 12) return false;
    size_t header = 12 + 4 * (packet[0] & 15u);
    view.payloadType = packet[1] & 0x7f;
    view.sequence = get16(packet + 2), view.timestamp = get32(packet + 4), view.ssrc = get32(packet + 8);
    view.transportSequence = -1;
    if (packet[0] & 0x10) {
      if (length < header + 4) return false;
      const size_t bytes = 4 * get16(packet + header + 2);
      const uint8_t* at = packet + header + 4;
      const bool isOneByte = get16(packet + header) == 0xbede;
      header += 4 + bytes;
      if (length < header) return false;
      for (const uint8_t* end = at + bytes; at < end;) {
        if (*at == 0) {
          ++at;
          continue;
        }
        const uint8_t id = isOneByte ? *at >> 4 : *at;
        const size_t size = isOneByte ? (*at & 15u) + 1 : at + 1 < end ? at[1] : 0;
        at += isOneByte ? 1 : 2;
        if (at + size > end) break;
        if (id == transportCcId && size == 2) view.transportSequence = static_cast<int>(get16(at));
        at += size;
      }
    }
    size_t padding = packet[0] & 0x20 ? packet[length - 1] : 0;
    if (header + padding > length) return false;
    view.payload = packet + header;
    view.payloadLength = length - header - padding;
    return true;
  }
};

struct RtpHeader {
  uint32_t ssrc, timestamp;
  uint16_t sequence;
  uint8_t payloadType;
  bool marker;
  const std::string* mid = nullptr;
  const std::string* rid = nullptr;
  bool isRepair = false;
  int level = -1;
  int transportSequence = -1;
  bool voice = false;
};

/** Writes the header with its extensions. @returns its length */
inline size_t writeHeader(uint8_t* packet, const RtpHeader& header, const Extensions& ids, int64_t nowNs) {
  packet[0] = 0x90;
  packet[1] = (header.marker ? 0x80 : 0) | header.payloadType;
  put16(packet + 2, header.sequence), put32(packet + 4, header.timestamp), put32(packet + 8, header.ssrc);
  put16(packet + 12, 0xbede);
  uint8_t* at = packet + 16;
  const auto add = [&](uint8_t id, size_t size) {
    *at = static_cast<uint8_t>(id << 4 | (size - 1));
    uint8_t* value = at + 1;
    at += 1 + size;
    return value;
  };
  const auto addText = [&](uint8_t id, const std::string& text) { std::memcpy(add(id, text.size()), text.data(), text.size()); };
  if (header.mid && ids.mid) addText(ids.mid, *header.mid);
  const uint8_t ridId = header.isRepair ? ids.repairedRid : ids.rid;
  if (header.rid && ridId) addText(ridId, *header.rid);
  // 6.18 fixed point seconds, of which 24 bits are kept.
  if (ids.absSendTime) put24(add(ids.absSendTime, 3), static_cast<uint32_t>((nowNs / 1000 << 18) / 1'000'000) & 0xffffff);
  if (ids.transportCc && header.transportSequence >= 0) put16(add(ids.transportCc, 2), header.transportSequence & 0xffff);
  if (ids.level && header.level >= 0) *add(ids.level, 1) = (header.voice ? 0x80 : 0) | header.level;
  while ((at - packet) % 4 != 0) *at++ = 0;
  put16(packet + 14, (at - packet - 16) / 4);
  return at - packet;
}

}  // namespace bots
