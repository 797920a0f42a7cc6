// What a bot receives: counted, timed, and answered with RTCP as a browser would (reports, NACK, PLI).
#pragma once

#include <vector>

#include "path.hpp"
#include "rtp.hpp"

namespace bots {

/** One kind of media as one person gets it, over however many streams and transports: for latency and for gaps. */
struct Hearing {
  Histogram latency;
  int64_t lastNs = 0;
  int64_t longestGapNs = 0;
  uint64_t packets = 0;
};

/** The measured time: packets sent within it count. Times of the monotonic clock; 0: not begun or not ended. */
struct Window {
  int64_t beginNs = 0, endNs = 0;
  bool holds(int64_t sentNs) const { return beginNs != 0 && sentNs >= beginNs && (endNs == 0 || sentNs < endNs); }
};

/** Arrivals of one transport, for transport-wide congestion control (draft-holmer-rmcat-transport-wide-cc-extensions-01). */
class Arrivals {
 public:
  void add(uint16_t sequence, int64_t nowNs) {
    if (!isBegun_) base_ = sequence, isBegun_ = true;
    const auto offset = static_cast<int16_t>(sequence - base_);
    if (offset < 0 || offset >= static_cast<int>(times_.size())) {
      // Before what was reported already, or after a long silence: begin anew.
      if (offset >= 0) clear(), base_ = sequence, isBegun_ = true, times_[0] = nowNs, used_ = 1;
      return;
    }
    times_[offset] = nowNs;
    used_ = std::max<size_t>(used_, offset + 1);
  }
  bool isEmpty() const { return used_ == 0; }

  /** Writes a feedback message about all since the last one. @returns its length */
  size_t write(uint8_t* packet, uint32_t ssrc, uint32_t mediaSsrc) {
    size_t first = 0;
    while (first < used_ && times_[first] == 0) ++first;
    // 24 bits of 64 ms each.
    const int64_t reference = times_[first] / (64 * ms);
    packet[0] = 0x80 | 15, packet[1] = 205;
    put32(packet + 4, ssrc), put32(packet + 8, mediaSsrc);
    put16(packet + 12, base_);
    put24(packet + 16, reference & 0xffffff);
    packet[19] = count_++;
    uint8_t deltas[maxReported * 2];
    size_t deltaBytes = 0;
    uint8_t symbols[maxReported] = {};
    size_t reported = 0;
    int64_t beforeTicks = reference * 256;  // of 250 µs
    for (; reported < used_ && reported < maxReported; ++reported) {
      if (times_[reported] == 0) continue;
      const int64_t ticks = times_[reported] / 250'000;
      const int64_t delta = ticks - beforeTicks;
      if (delta < -32'768 || delta > 32'767) break;  // The rest goes with the next one.
      beforeTicks = ticks;
      if (delta >= 0 && delta < 256) symbols[reported] = 1, deltas[deltaBytes++] = static_cast<uint8_t>(delta);
      else symbols[reported] = 2, put16(deltas + deltaBytes, static_cast<uint16_t>(delta)), deltaBytes += 2;
    }
    put16(packet + 14, reported);
    uint8_t* at = packet + 20;
    for (size_t i = 0; i < reported; i += 7, at += 2) {
      uint32_t chunk = 0xc000;  // status vector, two bits for each packet
      for (size_t k = 0; k < 7 && i + k < reported; ++k) chunk |= symbols[i + k] << (12 - 2 * k);
      put16(at, chunk);
    }
    std::memcpy(at, deltas, deltaBytes);
    at += deltaBytes;
    const size_t padding = (4 - (at - packet) % 4) % 4;
    if (padding > 0) {
      std::memset(at, 0, padding);
      at[padding - 1] = static_cast<uint8_t>(padding);
      at += padding;
      packet[0] |= 0x20;
    }
    put16(packet + 2, (at - packet) / 4 - 1);
    std::copy(times_.begin() + reported, times_.begin() + used_, times_.begin());
    std::fill(times_.begin() + (used_ - reported), times_.begin() + used_, 0);
    used_ -= reported;
    base_ = static_cast<uint16_t>(base_ + reported);
    while (used_ > 0 && times_[used_ - 1] == 0) --used_;
    return at - packet;
  }

 private:
  static constexpr size_t maxReported = 300;
  void clear() { std::fill(times_.begin(), times_.end(), 0), used_ = 0; }
  bool isBegun_ = false;
  uint16_t base_ = 0;
  uint8_t count_ = 0;
  size_t used_ = 0;
  std::vector<int64_t> times_ = std::vector<int64_t>(2048);
};

/** One received stream. */
class Receiver {
 public:
  const uint32_t id;
  const uint32_t ssrc, repairSsrc;
  /** Our sender whose stream this is, when known; 0 when it may change or comes from elsewhere. */
  const uint32_t source;
  const bool isVideo;

  Receiver(uint32_t id_, const Json& wish)
      : id(id_), ssrc(wish["ssrc"].integer()), repairSsrc(wish["rtx"].integer()), source(wish["source"].integer()),
        isVideo(wish["kind"].text == "video"), wantsNack_(wish["nack"].truth) {}

  uint64_t delivered = 0;
  uint64_t repaired = 0;
  uint64_t bytes = 0;

  void markBegin() { delivered = repaired = bytes = 0, hasAny_ = false; }

  /** @param isRepair from the retransmission stream: `sequence` is the original one */
  void onPacket(uint16_t sequence, const RtpView& view, bool isRepair, const Window& window, Hearing& hearing, uint32_t process,
                int64_t nowNs) {
    const int64_t number = extend(sequence);
    if (!isRepair) noteTransit(view.timestamp, nowNs);
    if (wasSeen(number)) return;
    Stamp stamp;
    const uint8_t* end = view.payload + view.payloadLength;
    const bool isOurs = Stamp::read(end, view.payloadLength, stamp);
    const int64_t sentNs = isOurs ? stamp.sentNs : nowNs;
    if (!window.holds(sentNs)) return;
    const int64_t gapFromNs = hearing.lastNs == 0 ? window.beginNs : hearing.lastNs;
    hearing.longestGapNs = std::max(hearing.longestGapNs, nowNs - gapFromNs);
    hearing.lastNs = nowNs;
    hearing.packets += 1;
    if (isOurs) hearing.latency.add(nowNs - sentNs);
    delivered += 1, bytes += view.payloadLength;
    if (isRepair) repaired += 1;
    if (!hasAny_) firstNumber_ = lastNumber_ = number;
    firstNumber_ = std::min(firstNumber_, number), lastNumber_ = std::max(lastNumber_, number);
    hasAny_ = true;
    if (!isOurs || stamp.process != process || (number < lastNumber_ && isRepair)) return;
    last_ = stamp;
    lastOfTemporal_[stamp.temporal] = nowNs;
  }

  /** Packets that should have come within the measured time and what they would be of: see README, "offered". */
  struct Due {
    uint64_t span = 0;
    bool hasAny = false;
    Stamp last;
    int temporal = 2;
  };
  Due due() const {
    Due found;
    found.hasAny = hasAny_;
    if (!hasAny_) return found;
    found.span = static_cast<uint64_t>(lastNumber_ - firstNumber_ + 1);
    found.last = last_;
    const int64_t newest = *std::max_element(lastOfTemporal_, lastOfTemporal_ + 3);
    found.temporal = 0;
    for (int t = 1; t < 3; ++t)
      if (lastOfTemporal_[t] != 0 && newest - lastOfTemporal_[t] < 400 * ms) found.temporal = t;
    return found;
  }

  void onSenderReport(const uint8_t* packet, int64_t nowNs) {
    lastReport_ = get32(packet + 10);  // the middle 32 of the 64 bits of NTP time
    lastReportNs_ = nowNs;
  }

  bool hasHeard() const { return isBegun_; }

  /** A report block (RFC 3550 §6.4.1), 24 bytes. */
  void writeBlock(uint8_t* block, int64_t nowNs) {
    const int64_t expected = highest_ - base_ + 1;
    const int64_t expectedNow = expected - expectedBefore_;
    const int64_t receivedNow = static_cast<int64_t>(received_ - receivedBefore_);
    expectedBefore_ = expected, receivedBefore_ = received_;
    const int64_t lostNow = expectedNow - receivedNow;
    const int64_t fraction = expectedNow > 0 && lostNow > 0 ? std::min<int64_t>(255, lostNow * 256 / expectedNow) : 0;
    const int64_t lost = std::clamp<int64_t>(expected - static_cast<int64_t>(received_), 0, 0x7fffff);
    put32(block, ssrc);
    block[4] = static_cast<uint8_t>(fraction);
    put24(block + 5, static_cast<uint32_t>(lost));
    put32(block + 8, static_cast<uint32_t>(highest_));
    put32(block + 12, static_cast<uint32_t>(jitter_));
    put32(block + 16, lastReport_);
    put32(block + 20, lastReport_ == 0 ? 0 : static_cast<uint32_t>((nowNs - lastReportNs_) * 65'536 / 1'000'000'000));
  }

  /**
   * Writes the entries of one generic NACK (RFC 4585 §6.2.1) for what should be asked for again now, each at most
   * four times. Few messages and few tries: in an overload a storm of questions would be the load.
   * @param entries room for `maxNackEntries` of 4 bytes @returns their length in bytes
   */
  static constexpr size_t maxNackEntries = 60;
  size_t askAgain(int64_t nowNs, uint8_t* entries) {
    if (missing_.empty() || !wantsNack_ || nowNs - lastAskedNs_ < 20 * ms) return 0;
    lastAskedNs_ = nowNs;
    const auto isHopeless = [&](const Missing& one) { return one.tries >= 4 && nowNs - one.askedNs >= 100 * ms; };
    if (missing_.size() > maxMissing || std::any_of(missing_.begin(), missing_.end(), isHopeless)) needsKeyFrame = isVideo;
    if (missing_.size() > maxMissing) missing_.clear();
    missing_.erase(std::remove_if(missing_.begin(), missing_.end(), isHopeless), missing_.end());
    size_t count = 0;
    for (auto& one : missing_) {
      if (nowNs - one.sinceNs < 5 * ms || nowNs - one.askedNs < 100 * ms) continue;
      const auto sequence = static_cast<uint16_t>(one.number);
      const auto behind = count == 0 ? 0 : static_cast<uint16_t>(sequence - get16(entries + 4 * count - 4));
      if (behind > 0 && behind <= 16) {
        put16(entries + 4 * count - 2, get16(entries + 4 * count - 2) | 1u << (behind - 1));
      } else {
        if (count == maxNackEntries) break;
        put16(entries + 4 * count, sequence), put16(entries + 4 * count + 2, 0);
        count += 1;
      }
      one.askedNs = nowNs, one.tries += 1;
    }
    return 4 * count;
  }
  bool needsKeyFrame = false;
  int64_t lastKeyAskedNs = 0;

 private:
  static constexpr int64_t seenSize = 4096;
  static constexpr size_t maxMissing = 500;
  struct Missing {
    int64_t number, sinceNs, askedNs;
    int tries;
  };

  int64_t extend(uint16_t sequence) {
    if (!isBegun_) {
      isBegun_ = true;
      highest_ = base_ = sequence + 65'536;
      for (int64_t n = base_ - seenSize; n < base_; ++n) seen_[n & (seenSize - 1)] = true;
      return highest_;
    }
    return highest_ + static_cast<int16_t>(sequence - static_cast<uint16_t>(highest_));
  }
  bool wasSeen(int64_t number) {
    if (number <= highest_ - seenSize) return true;
    if (number > highest_ || received_ == 0) {
      const int64_t jump = number - highest_;
      for (int64_t n = std::max(highest_ + 1, number - seenSize + 1); n < number; ++n) {
        seen_[n & (seenSize - 1)] = false;
        // A jump of hundreds is another stream's beginning or an outage: a key frame is cheaper.
        if (jump < 200 && wantsNack_) missing_.push_back({n, monotonicNs(), 0, 0});
      }
      if (jump >= 200) needsKeyFrame = isVideo;
      highest_ = number;
      seen_[number & (seenSize - 1)] = true;
      received_ += 1;
      return false;
    }
    const bool before = seen_[number & (seenSize - 1)];
    if (before) return true;
    seen_[number & (seenSize - 1)] = true;
    received_ += 1;
    // Ascending as they were noticed.
    const auto found = std::lower_bound(missing_.begin(), missing_.end(), number, [](const Missing& one, int64_t n) { return one.number < n; });
    if (found != missing_.end() && found->number == number) missing_.erase(found);
    return false;
  }
  void noteTransit(uint32_t timestamp, int64_t nowNs) {
    const auto arrival = static_cast<uint32_t>(nowNs / 1000 * (isVideo ? 90 : 48) / 1000);
    const uint32_t transit = arrival - timestamp;
    if (transit_ != 0) jitter_ += (std::abs(static_cast<double>(static_cast<int32_t>(transit - transit_))) - jitter_) / 16;
    transit_ = transit;
  }

  const bool wantsNack_;
  bool isBegun_ = false, hasAny_ = false;
  int64_t highest_ = 0, base_ = 0, expectedBefore_ = 0;
  uint64_t received_ = 0, receivedBefore_ = 0;
  int64_t firstNumber_ = 0, lastNumber_ = 0;
  Stamp last_;
  int64_t lastOfTemporal_[3] = {0, 0, 0};
  uint32_t transit_ = 0;
  double jitter_ = 0;
  uint32_t lastReport_ = 0;
  int64_t lastReportNs_ = 0;
  int64_t lastAskedNs_ = 0;
  std::vector<bool> seen_ = std::vector<bool>(seenSize);
  std::vector<Missing> missing_;
};

}  // namespace bots
