// A path with the streams on it: packets in are sorted to them, packets out are made by them.
#pragma once

#include <unordered_map>

#include "receiver.hpp"
#include "sender.hpp"

namespace bots {

/** A bot: a person whose two transports, and all that follow them, hear as one. */
struct Person {
  Hearing audio, video;
};

/** What all transports share. */
struct World {
  DtlsContext dtls;
  uint32_t process = static_cast<uint32_t>(dice()());
  Window window;
  /** Share of the RTP packets that get lost on their way in, as on a bad network; 0 unless told. */
  double loss = 0;
};

class Transport {
 public:
  Transport(World& world, std::shared_ptr<Person> person, Path::Remote remote, int64_t nowNs)
      : path(world.dtls, std::move(remote), nowNs), world_(world), person_(std::move(person)), ssrc_(static_cast<uint32_t>(dice()() | 1)) {
    nextFeedbackNs_ = nowNs + static_cast<int64_t>(chance() * feedbackNs);
    nextReportNs_ = nowNs + static_cast<int64_t>(chance() * reportNs);
  }

  Path path;
  Path::State told = Path::State::New;

  Sender& addSender(uint32_t id, const Json& wish, int64_t nowNs) {
    senders_.push_back(std::make_unique<Sender>(id, world_.process, wish, path, nowNs));
    return *senders_.back();
  }
  void removeSender(uint32_t id) { std::erase_if(senders_, [&](const auto& one) { return one->id() == id; }); }
  Receiver& addReceiver(uint32_t id, const Json& wish) {
    auto made = std::make_unique<Receiver>(id, wish);
    // Audio may come without it: what the pictures of the same transport said stays.
    if (const uint8_t id = Extensions::of(wish["ext"]).transportCc) transportCcId_ = id;
    bySsrc_[made->ssrc] = made.get();
    if (made->repairSsrc) bySsrc_[made->repairSsrc] = made.get();
    receivers_.push_back(std::move(made));
    return *receivers_.back();
  }
  void removeReceiver(uint32_t id) {
    std::erase_if(bySsrc_, [&](const auto& one) { return one.second->id == id; });
    std::erase_if(receivers_, [&](const auto& one) { return one->id == id; });
  }
  std::vector<std::unique_ptr<Sender>>& senders() { return senders_; }
  const std::vector<std::unique_ptr<Receiver>>& receivers() const { return receivers_; }

  /** Takes one datagram; decrypts in place. */
  void onDatagram(uint8_t* data, int length, int64_t nowNs) {
    if (length < 2) return;
    // RFC 7983: the first byte tells the protocols apart, RFC 5761 the second RTP from RTCP.
    if (data[0] < 4) return path.onStun(data, length, nowNs);
    if (data[0] >= 20 && data[0] < 64) return path.onDtls(data, length);
    if (data[0] < 128 || data[0] > 191 || !path.isOpen()) return;
    if (data[1] >= 192 && data[1] <= 223) {
      if (path.srtp().openRtcp(data, length)) onRtcp(data, length, nowNs);
    } else if (path.srtp().openRtp(data, length)) {
      onRtp(data, length, nowNs);
    }
  }

  /** Every few milliseconds. */
  void tick(int64_t nowNs) {
    path.tick(nowNs);
    for (const auto& one : senders_) one->tick(nowNs);
    if (!path.isOpen()) return;
    for (const auto& one : receivers_) {
      uint8_t entries[4 * Receiver::maxNackEntries];
      const size_t length = one->askAgain(nowNs, entries);
      if (length > 0) feedback(205, 1, one->ssrc, entries, length);
      if (one->needsKeyFrame && nowNs - one->lastKeyAskedNs > 1'000 * ms) pli(*one, nowNs);
    }
    if (nowNs >= nextFeedbackNs_) {
      nextFeedbackNs_ = nowNs + feedbackNs;
      while (!arrivals_.isEmpty()) path.commitRtcp(arrivals_.write(path.slot(), ssrc_, lastSsrc_));
    }
    if (nowNs >= nextReportNs_) {
      nextReportNs_ = nowNs + reportNs;
      report(nowNs);
    }
    path.flush();
  }

 private:
  static constexpr int64_t feedbackNs = 75 * ms;
  static constexpr int64_t reportNs = 1'000 * ms;

  void onRtp(const uint8_t* data, size_t length, int64_t nowNs) {
    if (world_.loss > 0 && chance() < world_.loss) return;
    RtpView view;
    if (!RtpView::read(data, length, transportCcId_, view)) return;
    lastSsrc_ = view.ssrc;
    // Probes of the congestion control have no receiver and must be told of all the same.
    if (view.transportSequence >= 0) arrivals_.add(static_cast<uint16_t>(view.transportSequence), nowNs);
    const auto found = bySsrc_.find(view.ssrc);
    if (found == bySsrc_.end()) return;
    Receiver& receiver = *found->second;
    const bool isRepair = view.ssrc != receiver.ssrc;
    // Empty ones and padding only are probes too (RFC 4588 §4: the original sequence number comes first).
    if (isRepair && view.payloadLength < 3) return;
    const auto sequence = static_cast<uint16_t>(isRepair ? get16(view.payload) : view.sequence);
    Hearing& hearing = receiver.isVideo ? person_->video : person_->audio;
    receiver.onPacket(sequence, view, isRepair, world_.window, hearing, world_.process, nowNs);
  }

  void onRtcp(const uint8_t* data, size_t length, int64_t nowNs) {
    for (const auto& one : senders_) one->heardBack();
    for (size_t at = 0; at + 8 <= length;) {
      const uint8_t* packet = data + at;
      const size_t size = 4 * (get16(packet + 2) + 1);
      if (at + size > length) return;
      const uint8_t type = packet[1], format = packet[0] & 31;
      if (type == 200 && size >= 28) {
        const auto found = bySsrc_.find(get32(packet + 4));
        if (found != bySsrc_.end()) found->second->onSenderReport(packet, nowNs);
      } else if (type == 206 && format == 1 && size >= 12) {
        for (const auto& one : senders_) one->wantKeyFrame(get32(packet + 8), nowNs);
      } else if (type == 206 && format == 4) {
        for (size_t entry = 12; entry + 8 <= size; entry += 8)
          for (const auto& one : senders_) one->wantKeyFrame(get32(packet + entry), nowNs);
      } else if (type == 205 && format == 1 && size >= 12) {
        for (size_t entry = 12; entry + 4 <= size; entry += 4) repair(get32(packet + 8), packet + entry, nowNs);
      }
      at += size;
    }
  }
  void repair(uint32_t ssrc, const uint8_t* entry, int64_t nowNs) {
    const uint32_t first = get16(entry), mask = get16(entry + 2);
    for (const auto& one : senders_) {
      one->repair(ssrc, static_cast<uint16_t>(first), nowNs);
      for (int bit = 0; bit < 16; ++bit)
        if (mask >> bit & 1) one->repair(ssrc, static_cast<uint16_t>(first + bit + 1), nowNs);
    }
  }

  void feedback(uint8_t type, uint8_t format, uint32_t ssrc, const uint8_t* entry, size_t length) {
    uint8_t* packet = path.slot();
    packet[0] = 0x80 | format, packet[1] = type;
    put16(packet + 2, (12 + length) / 4 - 1), put32(packet + 4, ssrc_), put32(packet + 8, ssrc);
    if (length > 0) std::memcpy(packet + 12, entry, length);
    path.commitRtcp(12 + length);
  }
  void pli(Receiver& receiver, int64_t nowNs) {
    receiver.needsKeyFrame = false, receiver.lastKeyAskedNs = nowNs;
    feedback(206, 1, receiver.ssrc, nullptr, 0);
  }

  void report(int64_t nowNs) {
    for (size_t next = 0; next < receivers_.size();) {
      uint8_t* packet = path.slot();
      size_t blocks = 0;
      for (; next < receivers_.size() && blocks < 31; ++next)
        if (receivers_[next]->hasHeard()) receivers_[next]->writeBlock(packet + 8 + 24 * blocks++, nowNs);
      if (blocks == 0) return;
      packet[0] = static_cast<uint8_t>(0x80 | blocks), packet[1] = 201;
      put16(packet + 2, (8 + 24 * blocks) / 4 - 1), put32(packet + 4, ssrc_);
      path.commitRtcp(8 + 24 * blocks);
    }
  }

  World& world_;
  const std::shared_ptr<Person> person_;
  const uint32_t ssrc_;
  uint8_t transportCcId_ = 0;
  uint32_t lastSsrc_ = 0;
  int64_t nextFeedbackNs_, nextReportNs_;
  Arrivals arrivals_;
  std::vector<std::unique_ptr<Sender>> senders_;
  std::vector<std::unique_ptr<Receiver>> receivers_;
  std::unordered_map<uint32_t, Receiver*> bySsrc_;
};

}  // namespace bots
