// One UDP socket with ICE, DTLS and SRTP on it: what a browser calls a transport.
#pragma once

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>

#include "dtls.hpp"
#include "stun.hpp"

namespace bots {

constexpr size_t packetRoom = 1600;

class Path {
 public:
  enum class State { New, Connecting, Connected, Disconnected, Failed };
  struct Remote {
    std::string address, port, user, password, fingerprint;
    /** Our own credentials in ICE where the server was told them; empty: it never asks. */
    std::string localUser, localPassword;
  };
  int fd = -1;
  uint16_t transportSequence = 0;
  State state = State::New;

  Path(const DtlsContext& context, Remote remote, int64_t nowNs)
      : remote_(std::move(remote)), localUser_(remote_.localUser.empty() ? randomText(8) : remote_.localUser), tieBreaker_(dice()()), lastHeardNs_(nowNs) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_DGRAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (getaddrinfo(remote_.address.c_str(), remote_.port.c_str(), &hints, &found) != 0)
      throw std::runtime_error("the address of the server is not known: " + remote_.address);
    std::memcpy(&address_, found->ai_addr, found->ai_addrlen);
    fd = socket(found->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    // Room for a burst: what is measured is the server, and not how fast this one thread gets to its sockets.
    const int room = 1 << 21;
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof room) != 0)
      setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);  // Not root: as much as the system allows.
    const int linked = fd < 0 ? -1 : connect(fd, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    if (linked != 0) {
      if (fd >= 0) close(fd);
      throw std::runtime_error("no socket towards " + remote_.address + ": " + std::strerror(errno));
    }
    dtls_ = std::make_unique<Dtls>(context.context(), remote_.fingerprint,
                                   [this](const uint8_t* data, size_t length) { sendRaw(data, length); });
    check(nowNs);
  }
  ~Path() {
    if (dtls_) dtls_->goodbye();
    if (fd >= 0) close(fd);
  }
  Path(const Path&) = delete;
  Path& operator=(const Path&) = delete;

  bool isOpen() const { return dtls_->state == Dtls::State::Ready; }
  Dtls& srtp() { return *dtls_; }

  /** New credentials of the same server (RFC 8445 §9); DTLS goes on as it is. */
  void restart(const std::string& user, const std::string& password, int64_t nowNs) {
    remote_.user = user, remote_.password = password;
    check(nowNs);
  }

  /** Every few milliseconds: checks, consent, lost DTLS flights. */
  void tick(int64_t nowNs) {
    if (nowNs >= nextCheckNs_) check(nowNs);
    if (answered_) dtls_->tick();
    const int64_t silentNs = nowNs - lastHeardNs_;
    if (dtls_->state == Dtls::State::Failed) state = State::Failed;
    else if (silentNs > failedNs) state = State::Failed;
    else if (silentNs > disconnectedNs && state == State::Connected) state = State::Disconnected;
  }

  void onStun(const uint8_t* data, size_t length, int64_t nowNs) {
    if (length >= 20 && get16(data) == Stun::request && !remote_.localPassword.empty()) {
      const auto message = Stun::answer(data + 8, address_, remote_.localPassword);
      return sendRaw(message.data(), message.size());
    }
    if (length < 20 || get16(data) != Stun::success || std::memcmp(data + 8, checkId_, 12) != 0) return;
    lastHeardNs_ = nowNs;
    nextCheckNs_ = nowNs + consentNs;
    const bool isFirst = !answered_;
    answered_ = true;
    if (isFirst) {
      state = State::Connecting;
      dtls_->step();
    }
    settle();
  }
  void onDtls(const uint8_t* data, size_t length) {
    dtls_->step(data, length);
    settle();
  }
  void sendRaw(const uint8_t* data, size_t length) {
    // A full socket or a server that is gone loses it, as any network may.
    if (send(fd, data, length, 0) < 0) return;
  }

  /** A buffer for the next packet to send; `commitRtp` or `commitRtcp` queues it, `flush` sends. */
  uint8_t* slot() {
    if (queued_ == batchSize) flush();
    return batch().bytes[queued_];
  }
  void commitRtp(size_t length) {
    int total = static_cast<int>(length);
    if (isOpen() && dtls_->protectRtp(batch().bytes[queued_], total)) batch().lengths[queued_++] = total;
  }
  void commitRtcp(size_t length) {
    int total = static_cast<int>(length);
    if (isOpen() && dtls_->protectRtcp(batch().bytes[queued_], total)) batch().lengths[queued_++] = total;
  }
  void flush() {
    if (queued_ == 0) return;
    mmsghdr messages[batchSize] = {};
    iovec parts[batchSize];
    for (int i = 0; i < queued_; ++i) {
      parts[i] = {batch().bytes[i], static_cast<size_t>(batch().lengths[i])};
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    for (int sent = 0; sent < queued_;) {
      const int now = sendmmsg(fd, messages + sent, queued_ - sent, 0);
      // A refusal belongs to an earlier packet (ICMP); the rest may still go.
      if (now < 0 && errno != ECONNREFUSED) break;
      sent += now < 0 ? 1 : now;
    }
    queued_ = 0;
  }

 private:
  // A dead server is told of by the signalling long before; these only bound how long a path looks alive.
  static constexpr int64_t consentNs = 2'500 * ms;
  static constexpr int64_t disconnectedNs = 6'000 * ms;
  static constexpr int64_t failedNs = 20'000 * ms;
  static constexpr int batchSize = 32;
  struct Batch {
    uint8_t bytes[batchSize][packetRoom];
    int lengths[batchSize];
  };
  /** Shared by all: whoever fills it flushes it before somebody else comes. */
  static Batch& batch() {
    static Batch shared;
    return shared;
  }

  void check(int64_t nowNs) {
    if (!awaiting_ || answered_) RAND_bytes(checkId_, sizeof checkId_);
    awaiting_ = true;
    const auto message = Stun::check(checkId_, remote_.user + ":" + localUser_, remote_.password, tieBreaker_);
    sendRaw(message.data(), message.size());
    nextCheckNs_ = nowNs + (answered_ ? 500 * ms : 50 * ms);
  }
  void settle() {
    if (dtls_->state == Dtls::State::Failed) state = State::Failed;
    else if (isOpen() && state != State::Failed) state = State::Connected;
  }

  Remote remote_;
  sockaddr_storage address_{};
  const std::string localUser_;
  const uint64_t tieBreaker_;
  uint8_t checkId_[12] = {};
  bool awaiting_ = false;
  bool answered_ = false;
  int64_t lastHeardNs_;
  int64_t nextCheckNs_ = 0;
  int queued_ = 0;
  std::unique_ptr<Dtls> dtls_;
};

}  // namespace bots
