// What a bot sends: Opus with a speech pattern, or VP8 in one or several encodings with three temporal layers (L1T3).
#pragma once

#include <memory>
#include <vector>

#include "path.hpp"
#include "rtp.hpp"

namespace bots {

constexpr size_t maxPayload = 1150;

struct Encoding {
  uint32_t ssrc = 0, repairSsrc = 0;
  std::string rid;
  int64_t bitrateBps = 0;
  bool isActive = true;
  bool wantsKeyFrame = true;
  uint16_t sequence = static_cast<uint16_t>(dice()() & 0x3fff);
  uint16_t repairSequence = static_cast<uint16_t>(dice()() & 0x3fff);
  uint32_t timestampBase = static_cast<uint32_t>(dice()());
  uint32_t packets = 0, octets = 0;
  uint32_t sent[3] = {0, 0, 0};
  /** `sent` when the measured time began and when it ended. */
  uint32_t atBegin[3] = {0, 0, 0}, atEnd[3] = {0, 0, 0};
  uint16_t pictureId = static_cast<uint16_t>(dice()() & 0x7fff);
  uint8_t tl0 = static_cast<uint8_t>(dice()());
  unsigned frame = 0;
  int64_t lastKeyNs = 0;
  int64_t nextReportNs = 0;

  /** A sent packet, so that it can be made again for a retransmission. */
  struct Sent {
    uint16_t sequence = 0;
    bool isUsed = false, marker = false;
    uint32_t timestamp = 0;
    Stamp stamp;
    uint8_t descriptor[8];
    uint16_t descriptorLength = 0, payloadLength = 0;
  };
  std::vector<Sent> history = std::vector<Sent>(256);
};

class Sender {
 public:
  Sender(uint32_t id, uint32_t process, const Json& wish, Path& path, int64_t nowNs) : id_(id), process_(process), path_(path) {
    isVideo_ = wish["kind"].text == "video";
    payloadType_ = wish["pt"].integer();
    repairType_ = wish["rtxPt"].integer();
    ids_ = Extensions::of(wish["ext"]);
    mid_ = wish["mid"].text;
    cname_ = wish["cname"].text;
    talkMs_ = wish["talkMs"].real(0);
    pauseMs_ = wish["pauseMs"].real(0);
    framesPerSecond_ = std::max(1.0, wish["fps"].real(30));
    for (const Json& one : wish["encodings"].list) {
      Encoding encoding;
      encoding.ssrc = one["ssrc"].integer(), encoding.repairSsrc = one["rtx"].integer();
      encoding.rid = one["rid"].text, encoding.bitrateBps = one["bitrate"].integer();
      encodings_.push_back(std::move(encoding));
    }
    isPaused_ = wish["paused"].truth;
    nextNs_ = nowNs + static_cast<int64_t>(chance() * static_cast<double>(interval()));
    isTalking_ = talkMs_ <= 0 || chance() < talkMs_ / (talkMs_ + pauseMs_);
    turnNs_ = nowNs + spurt();
  }

  uint32_t id() const { return id_; }
  const std::vector<Encoding>& encodings() const { return encodings_; }

  void pause(bool isPaused) { isPaused_ = isPaused; }
  /** Nothing above this encoding is sent. */
  void limit(int64_t layer) {
    for (size_t i = 0; i < encodings_.size(); ++i) {
      const bool isActive = static_cast<int64_t>(i) <= layer;
      if (isActive && !encodings_[i].isActive) encodings_[i].wantsKeyFrame = true;
      encodings_[i].isActive = isActive;
    }
  }
  void heardBack() { isKnown_ = true; }
  void wantKeyFrame(uint32_t ssrc, int64_t nowNs) {
    for (Encoding& one : encodings_)
      if (one.ssrc == ssrc && nowNs - one.lastKeyNs > 100 * ms) one.wantsKeyFrame = true;
  }
  void markBegin() {
    for (Encoding& one : encodings_) std::copy(one.sent, one.sent + 3, one.atBegin);
  }
  void markEnd() {
    for (Encoding& one : encodings_) std::copy(one.sent, one.sent + 3, one.atEnd);
  }

  /** Sends what is due. */
  void tick(int64_t nowNs) {
    if (!path_.isOpen()) {
      nextNs_ = std::max(nextNs_, nowNs);
      return;
    }
    // After a stop of this process what was missed is not made up for: a burst is no meeting.
    if (nowNs - nextNs_ > 500 * ms) nextNs_ = nowNs;
    for (; nextNs_ <= nowNs; nextNs_ += interval(), ++beat_)
      if (!isPaused_) isVideo_ ? sendFrames(nowNs) : sendSound(nowNs);
    for (Encoding& one : encodings_)
      if (one.packets > 0 && nowNs >= one.nextReportNs) report(one, nowNs);
    path_.flush();
  }

  void repair(uint32_t ssrc, uint16_t sequence, int64_t nowNs) {
    for (Encoding& one : encodings_) {
      if (one.ssrc != ssrc || one.repairSsrc == 0) continue;
      const auto& sent = one.history[sequence % one.history.size()];
      if (!sent.isUsed || sent.sequence != sequence) return;
      RtpHeader header{one.repairSsrc, sent.timestamp, one.repairSequence++, repairType_, sent.marker};
      header.isRepair = true;
      transmit(header, one, sent, nowNs);
      path_.flush();
    }
  }

 private:
  static constexpr int64_t soundNs = 20 * ms;
  static constexpr int64_t comfortEvery = 20;  // packets: one each 400 ms in silence, as Opus with DTX does
  int64_t interval() const { return isVideo_ ? static_cast<int64_t>(1e9 / framesPerSecond_) : soundNs; }
  int64_t spurt() const {
    const double mean = isTalking_ ? talkMs_ : pauseMs_;
    return static_cast<int64_t>(-std::log(1 - chance()) * mean * static_cast<double>(ms));
  }

  void sendSound(int64_t nowNs) {
    if (talkMs_ > 0 && nowNs >= turnNs_) {
      isTalking_ = !isTalking_;
      turnNs_ = nowNs + spurt();
    }
    if (!isTalking_ && beat_ % comfortEvery != 0) {
      isResuming_ = true;
      return;
    }
    Encoding& one = encodings_[0];
    // Opus, code 3 with padding (RFC 6716 §3.2.5): one silent 20 ms CELT frame; the stamp lies in the padding, which
    // decoders skip. About 100 bytes, as speech has.
    const uint8_t bytes = isTalking_ ? 60 + static_cast<uint8_t>(dice()() % 60) : Stamp::size;
    const uint8_t descriptor[] = {0xfb, 0x41, bytes, 0xff, 0xfe};
    const uint32_t timestamp = one.timestampBase + static_cast<uint32_t>(beat_) * 960;
    level_ = isTalking_ ? 18 + static_cast<int>(dice()() % 12) : 127;
    sendPacket(one, timestamp, isTalking_ && isResuming_, descriptor, sizeof descriptor, sizeof descriptor + bytes, 0, 0, nowNs);
    if (isTalking_) isResuming_ = false;
  }

  void sendFrames(int64_t nowNs) {
    for (size_t layer = 0; layer < encodings_.size(); ++layer)
      if (encodings_[layer].isActive) sendFrame(encodings_[layer], layer, nowNs);
  }
  void sendFrame(Encoding& one, size_t layer, int64_t nowNs) {
    const bool isKey = one.wantsKeyFrame;
    if (isKey) one.frame = 0, one.wantsKeyFrame = false, one.lastKeyNs = nowNs;
    static const uint8_t pattern[] = {0, 2, 1, 2};
    const uint8_t temporal = pattern[one.frame % 4];
    // The first frame of each upper layer after the base needs nothing but the base (RFC 7741 §4.2, Y); encoders say so of key frames too.
    const bool isSync = isKey || one.frame % 4 == 1 || one.frame % 4 == 2;
    one.frame += 1;
    one.pictureId = (one.pictureId + 1) & 0x7fff;
    if (temporal == 0) one.tl0 += 1;
    const double mean = static_cast<double>(one.bitrateBps) / 8 / framesPerSecond_;
    auto left = static_cast<size_t>(mean * (isKey ? 4 : 0.8 + 0.4 * chance()));
    left = std::max(left, static_cast<size_t>(80));
    const uint32_t timestamp = one.timestampBase + static_cast<uint32_t>(static_cast<double>(beat_) * 90'000 / framesPerSecond_);
    for (bool isFirst = true; left > 0; isFirst = false) {
      // Equal packets, as an encoder's packetizer makes them.
      const size_t parts = (left + maxPayload - 1) / maxPayload;
      const size_t bytes = left / parts;
      left = parts == 1 ? 0 : left - bytes;
      uint8_t descriptor[8] = {static_cast<uint8_t>(0x80 | (isFirst ? 0x10 : 0)), 0xe0};
      put16(descriptor + 2, 0x8000 | one.pictureId);
      descriptor[4] = one.tl0;
      descriptor[5] = static_cast<uint8_t>(temporal << 6 | (isSync ? 0x20 : 0));
      // The frame's own first byte: its lowest bit says that it is no key frame (RFC 6386 §9.1).
      descriptor[6] = isKey ? 0x10 : 0x11;
      sendPacket(one, timestamp, left == 0, descriptor, 7, std::max(bytes, 7 + Stamp::size), layer, temporal, nowNs);
    }
  }

  void sendPacket(Encoding& one, uint32_t timestamp, bool marker, const uint8_t* descriptor, size_t descriptorLength,
                  size_t length, size_t layer, uint8_t temporal, int64_t nowNs) {
    Encoding::Sent& sent = one.history[one.sequence % one.history.size()];
    sent.sequence = one.sequence, sent.isUsed = true, sent.marker = marker, sent.timestamp = timestamp;
    std::memcpy(sent.descriptor, descriptor, descriptorLength);
    sent.descriptorLength = descriptorLength, sent.payloadLength = length;
    for (int t = temporal; t < 3; ++t) one.sent[t] += 1;
    sent.stamp.sender = id_, sent.stamp.process = process_, sent.stamp.sentNs = monotonicNs();
    sent.stamp.layer = layer, sent.stamp.temporal = temporal;
    std::copy(one.sent, one.sent + 3, sent.stamp.sent);
    one.packets += 1, one.octets += length;
    RtpHeader header{one.ssrc, timestamp, one.sequence++, payloadType_, marker};
    if (!isVideo_) header.level = level_, header.voice = isTalking_;
    transmit(header, one, sent, nowNs);
  }

  void transmit(RtpHeader& header, const Encoding& one, const Encoding::Sent& sent, int64_t nowNs) {
    // As browsers do: the names go with every packet until the first report shows that they were understood.
    if (!isKnown_ || one.packets < 100 || header.isRepair) {
      if (!mid_.empty()) header.mid = &mid_;
      if (!one.rid.empty()) header.rid = &one.rid;
    }
    if (ids_.transportCc) header.transportSequence = path_.transportSequence++;
    uint8_t* packet = path_.slot();
    size_t length = writeHeader(packet, header, ids_, nowNs);
    if (header.isRepair) put16(packet + length, sent.sequence), length += 2;
    std::memset(packet + length, 0, sent.payloadLength);
    std::memcpy(packet + length, sent.descriptor, sent.descriptorLength);
    length += sent.payloadLength;
    sent.stamp.write(packet + length - Stamp::size);
    path_.commitRtp(length);
  }

  /** SR and SDES. Often at first: a media server switches layers only when it can relate their clocks. */
  void report(Encoding& one, int64_t nowNs) {
    one.nextReportNs = nowNs + (one.packets < 50 ? 200 * ms : 1'000 * ms);
    uint8_t* packet = path_.slot();
    const int64_t wallNs = clockNs(CLOCK_REALTIME);
    const double sinceBeatS = static_cast<double>(nowNs - (nextNs_ - interval())) / 1e9;
    const double rate = isVideo_ ? 90'000 : 48'000;
    const double perBeat = isVideo_ ? 90'000 / framesPerSecond_ : 960;
    const auto passed = static_cast<uint32_t>(static_cast<int64_t>(static_cast<double>(beat_ - 1) * perBeat + sinceBeatS * rate));
    packet[0] = 0x80, packet[1] = 200;
    put16(packet + 2, 6), put32(packet + 4, one.ssrc);
    put32(packet + 8, static_cast<uint32_t>(wallNs / 1'000'000'000 + 2'208'988'800));
    put32(packet + 12, static_cast<uint32_t>((static_cast<uint64_t>(wallNs % 1'000'000'000) << 32) / 1'000'000'000));
    put32(packet + 16, one.timestampBase + passed);
    put32(packet + 20, one.packets), put32(packet + 24, one.octets);
    uint8_t* sdes = packet + 28;
    const size_t words = (4 + 2 + cname_.size() + 1 + 3) / 4;
    std::memset(sdes, 0, 4 + words * 4);
    sdes[0] = 0x81, sdes[1] = 202;
    put16(sdes + 2, words), put32(sdes + 4, one.ssrc);
    sdes[8] = 1, sdes[9] = static_cast<uint8_t>(cname_.size());
    std::memcpy(sdes + 10, cname_.data(), cname_.size());
    path_.commitRtcp(28 + 4 + words * 4);
  }

  const uint32_t id_, process_;
  Path& path_;
  bool isVideo_ = false, isPaused_ = false, isKnown_ = false, isTalking_ = true, isResuming_ = true;
  uint8_t payloadType_ = 0, repairType_ = 0;
  Extensions ids_;
  std::string mid_, cname_;
  double talkMs_ = 0, pauseMs_ = 0, framesPerSecond_ = 30;
  int level_ = -1;
  std::vector<Encoding> encodings_;
  int64_t nextNs_ = 0, turnNs_ = 0;
  int64_t beat_ = 0;
};

}  // namespace bots
