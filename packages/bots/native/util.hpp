// Bytes, clocks, random numbers and a histogram.
#pragma once

#include <openssl/rand.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

namespace bots {

inline void put16(uint8_t* at, uint32_t value) { at[0] = value >> 8, at[1] = value; }
inline void put24(uint8_t* at, uint32_t value) { at[0] = value >> 16, at[1] = value >> 8, at[2] = value; }
inline void put32(uint8_t* at, uint32_t value) { put16(at, value >> 16), put16(at + 2, value & 0xffff); }
inline void put64(uint8_t* at, uint64_t value) { put32(at, value >> 32), put32(at + 4, value & 0xffffffff); }
inline uint32_t get16(const uint8_t* at) { return at[0] << 8 | at[1]; }
inline uint32_t get32(const uint8_t* at) { return get16(at) << 16 | get16(at + 2); }
inline uint64_t get64(const uint8_t* at) { return static_cast<uint64_t>(get32(at)) << 32 | get32(at + 4); }

inline int64_t clockNs(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}
/** One clock for all bots of a machine, so that times of one process can be compared with those of another. */
inline int64_t monotonicNs() { return clockNs(CLOCK_MONOTONIC); }
constexpr int64_t ms = 1'000'000;

inline std::mt19937_64& dice() {
  static std::mt19937_64 generator = [] {
    uint64_t seed = 0;
    RAND_bytes(reinterpret_cast<uint8_t*>(&seed), sizeof seed);
    return std::mt19937_64(seed);
  }();
  return generator;
}
inline double chance() { return std::uniform_real_distribution<double>(0, 1)(dice()); }

inline std::string randomText(size_t length) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::vector<uint8_t> bytes(length);
  RAND_bytes(bytes.data(), static_cast<int>(length));
  std::string text;
  for (const uint8_t byte : bytes) text += letters[byte % 64];
  return text;
}

/** Times in nanoseconds, 1 µs to over an hour, each within 3 % of the truth (16 steps for each doubling). */
class Histogram {
 public:
  void add(int64_t ns) {
    const uint64_t us = ns < 1000 ? 1 : static_cast<uint64_t>(ns) / 1000;
    const int octave = 63 - __builtin_clzll(us);
    const uint64_t step = octave >= 4 ? us >> (octave - 4) & 15 : us << (4 - octave) & 15;
    buckets_[std::min<size_t>(buckets_.size() - 1, octave * 16 + step)] += 1;
    count_ += 1;
  }
  /** Milliseconds below which a share of all lies; 0 when there is nothing. */
  double quantileMs(double share) const {
    if (count_ == 0) return 0;
    const uint64_t rank = std::max<uint64_t>(1, static_cast<uint64_t>(std::ceil(share * static_cast<double>(count_))));
    uint64_t seen = 0;
    size_t index = 0;
    for (; index < buckets_.size(); ++index)
      if ((seen += buckets_[index]) >= rank) break;
    const double us = std::ldexp(1.0 + (static_cast<double>(index % 16) + 0.5) / 16, static_cast<int>(index / 16));
    return us / 1000;
  }
  void add(const Histogram& other) {
    for (size_t i = 0; i < buckets_.size(); ++i) buckets_[i] += other.buckets_[i];
    count_ += other.count_;
  }
  uint64_t count() const { return count_; }

 private:
  std::array<uint32_t, 32 * 16> buckets_{};
  uint64_t count_ = 0;
};

}  // namespace bots
