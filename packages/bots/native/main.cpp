// guildhall-bots: the media of many bots in one thread. Told what to do by JSON lines on stdin, answers on stdout;
// ends when stdin does. The messages are described in ../src/engine/messages.ts.

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <csignal>
#include <cstdio>

#include "transport.hpp"

namespace bots {

constexpr int64_t tickNs = 5 * ms;

class Engine {
 public:
  Engine() {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    timer_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    const itimerspec beat{{0, tickNs}, {0, tickNs}};
    timerfd_settime(timer_, 0, &beat, nullptr);
    fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
    watch(timer_, &timer_);
    watch(STDIN_FILENO, this);
    say("{\"event\":\"ready\",\"fingerprint\":\"" + world_.dtls.fingerprint + "\",\"pid\":" + std::to_string(getpid()) + "}");
  }

  int run() {
    epoll_event events[256];
    while (!isOver_) {
      const int count = epoll_wait(epoll_, events, 256, -1);
      for (int i = 0; i < count; ++i) {
        void* what = events[i].data.ptr;
        if (what == &timer_) tick();
        else if (what == this) readOrders();
        else receive(*static_cast<Transport*>(what));
        // Transports may be gone after orders: their events of this round point to nothing.
        if (what == this) break;
      }
    }
    return 0;
  }

 private:
  void watch(int fd, void* what) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = what;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }
  static void say(const std::string& line) {
    std::fputs((line + "\n").c_str(), stdout);
    std::fflush(stdout);
  }

  void tick() {
    uint64_t beats = 0;
    if (read(timer_, &beats, sizeof beats) < 0) return;
    const int64_t nowNs = monotonicNs();
    for (auto& [id, transport] : transports_) {
      transport->tick(nowNs);
      tell(id, *transport);
    }
  }

  void receive(Transport& transport) {
    constexpr int batch = 32;
    static uint8_t buffers[batch][packetRoom];
    static mmsghdr messages[batch];
    static iovec parts[batch];
    for (int i = 0; i < batch; ++i) {
      parts[i] = {buffers[i], packetRoom};
      messages[i] = {};
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int count = recvmmsg(transport.path.fd, messages, batch, 0, nullptr);
    if (count <= 0) return;
    const int64_t nowNs = monotonicNs();
    for (int i = 0; i < count; ++i) transport.onDatagram(buffers[i], static_cast<int>(messages[i].msg_len), nowNs);
    if (transport.told == transport.path.state) return;
    for (auto& [id, one] : transports_)
      if (one.get() == &transport) tell(id, transport);
  }

  void tell(uint32_t id, Transport& transport) {
    if (transport.told == transport.path.state) return;
    transport.told = transport.path.state;
    static const char* words[] = {"new", "connecting", "connected", "disconnected", "failed"};
    say("{\"event\":\"state\",\"transport\":" + std::to_string(id) + ",\"state\":\"" + words[static_cast<int>(transport.told)] + "\"}");
  }

  void readOrders() {
    char bytes[65'536];
    for (;;) {
      const ssize_t count = read(STDIN_FILENO, bytes, sizeof bytes);
      if (count == 0) isOver_ = true;
      if (count <= 0) break;
      pending_.append(bytes, count);
    }
    size_t from = 0;
    for (size_t end; (end = pending_.find('\n', from)) != std::string::npos; from = end + 1) {
      const std::string line = pending_.substr(from, end - from);
      try {
        obey(Json::parse(line));
      } catch (const std::exception& error) {
        std::fprintf(stderr, "order refused: %s: %.200s\n", error.what(), line.c_str());
      }
    }
    pending_.erase(0, from);
  }

  Transport* transportOf(const Json& order) {
    const auto found = transports_.find(order["transport"].integer());
    return found == transports_.end() ? nullptr : found->second.get();
  }
  Sender* senderOf(const Json& order) {
    for (auto& [id, transport] : transports_)
      for (auto& one : transport->senders())
        if (one->id() == order["sender"].integer()) return one.get();
    return nullptr;
  }

  void obey(const Json& order) {
    const std::string& what = order["do"].text;
    const int64_t nowNs = monotonicNs();
    if (what == "open") return open(order, nowNs);
    if (what == "begin") return begin();
    if (what == "end") return end();
    if (what == "report") return report(order);
    if (what == "lose") {
      world_.loss = order["share"].real(0);
      return;
    }
    if (what == "forget") {
      people_.erase(order["person"].integer());
      return;
    }
    if (what == "pause" || what == "limit") {
      Sender* sender = senderOf(order);
      if (!sender) return;
      if (what == "pause") sender->pause(order["paused"].truth);
      else sender->limit(order["layer"].integer());
      return;
    }
    Transport* transport = transportOf(order);
    // Orders cross with failures; what they were about may be gone.
    if (!transport) return;
    if (what == "send") transport->addSender(order["sender"].integer(), order, nowNs);
    else if (what == "stop") transport->removeSender(order["sender"].integer());
    else if (what == "receive") transport->addReceiver(order["receiver"].integer(), order).markBegin();
    else if (what == "drop") drop(*transport, order["receiver"].integer());
    else if (what == "restart") transport->path.restart(order["user"].text, order["password"].text, nowNs);
    else if (what == "close") close(*transport, order["transport"].integer());
    else throw std::runtime_error("unknown order");
  }

  void open(const Json& order, int64_t nowNs) {
    const uint32_t id = order["transport"].integer();
    std::shared_ptr<Person>& person = people_[order["person"].integer()];
    if (!person) person = std::make_shared<Person>();
    Path::Remote remote{order["address"].text, std::to_string(order["port"].integer()), order["user"].text, order["password"].text,
                        order["fingerprint"].text, order["localUser"].text, order["localPassword"].text};
    try {
      auto made = std::make_unique<Transport>(world_, person, std::move(remote), nowNs);
      watch(made->path.fd, made.get());
      transports_[id] = std::move(made);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "transport %u: %s\n", id, error.what());
      say("{\"event\":\"state\",\"transport\":" + std::to_string(id) + ",\"state\":\"failed\"}");
    }
  }

  struct Sums {
    uint64_t offered = 0, delivered = 0, repaired = 0, streams = 0, silent = 0;
    Histogram latency;
  };

  /** What a stream had got stays in the sums when it ends; what it might still have got is nobody's loss. */
  void retire(Receiver& one) { count(one, one.isVideo ? retiredVideo_ : retiredAudio_, false); }
  void drop(Transport& transport, uint32_t id) {
    for (auto& one : transport.receivers())
      if (one->id == id) retire(*one);
    transport.removeReceiver(id);
  }
  void close(Transport& transport, uint32_t id) {
    for (auto& one : transport.receivers()) retire(*one);
    transports_.erase(id);
  }

  void begin() {
    retiredAudio_ = retiredVideo_ = Sums();
    world_.window = {monotonicNs(), 0};
    for (auto& [id, person] : people_) *person = Person();
    for (auto& [id, transport] : transports_) {
      for (auto& one : transport->senders()) one->markBegin();
      for (auto& one : transport->receivers()) one->markBegin();
    }
  }
  void end() {
    world_.window.endNs = monotonicNs();
    for (auto& [id, transport] : transports_)
      for (auto& one : transport->senders()) one->markEnd();
  }

  /** What one received stream adds. Streams whose ids are in `without` were not to be forwarded and count nothing. */
  void count(Receiver& one, Sums& sums, bool isMeant) {
    const Receiver::Due due = one.due();
    sums.delivered += one.delivered, sums.repaired += one.repaired;
    sums.streams += 1;
    if (due.hasAny) {
      sums.offered += due.span;
      // Sent, and by the end still under way: in an overloaded server's queues, which lose nothing and tell nothing.
      if (isMeant && due.last.process == world_.process)
        if (const Encoding* encoding = encodingOf(due.last.sender, due.last.layer)) {
          const auto behind = static_cast<int32_t>(encoding->atEnd[due.temporal] - due.last.sent[due.temporal]);
          if (behind > 0 && encoding->isActive) sums.offered += behind;
        }
      return;
    }
    if (!isMeant) return;
    const Encoding* encoding = encodingOf(one.source, 0);
    if (!encoding || encoding->atEnd[2] == encoding->atBegin[2]) return;
    sums.silent += 1;
    sums.offered += encoding->atEnd[2] - encoding->atBegin[2];
  }
  const Encoding* encodingOf(uint32_t sender, size_t layer) {
    const auto found = sendersById_.find(sender);
    return found == sendersById_.end() || layer >= found->second->encodings().size() ? nullptr : &found->second->encodings()[layer];
  }

  void report(const Json& order) {
    std::map<uint32_t, bool> without;
    for (const Json& one : order["without"].list) without[one.integer()] = true;
    sendersById_.clear();
    for (auto& [id, transport] : transports_)
      for (auto& one : transport->senders()) sendersById_[one->id()] = one.get();
    Sums audio = retiredAudio_, video = retiredVideo_;
    for (auto& [id, transport] : transports_)
      for (auto& one : transport->receivers()) count(*one, one->isVideo ? video : audio, without.count(one->id) == 0);
    Histogram all, worst;
    std::string people;
    for (auto& [id, person] : people_) {
      Histogram own = person->audio.latency;
      own.add(person->video.latency);
      audio.latency.add(person->audio.latency), video.latency.add(person->video.latency), all.add(own);
      if (own.count() > 0) worst.add(static_cast<int64_t>(own.quantileMs(0.99) * 1e6));
      char text[256];
      const auto gap = [&](const Hearing& hearing) {
        // Silence that lasts until the end is a gap as well.
        const int64_t untilEnd = hearing.packets > 0 ? world_.window.endNs - hearing.lastNs : 0;
        return static_cast<double>(std::max(hearing.longestGapNs, untilEnd)) / 1e6;
      };
      std::snprintf(text, sizeof text, "%s{\"person\":%u,\"audio\":%llu,\"video\":%llu,\"audioGapMs\":%.1f,\"videoGapMs\":%.1f}",
                    people.empty() ? "" : ",", id, static_cast<unsigned long long>(person->audio.packets),
                    static_cast<unsigned long long>(person->video.packets), gap(person->audio), gap(person->video));
      people += text;
    }
    char text[1024];
    std::string line = "{\"event\":\"report\",\"question\":" + std::to_string(order["question"].integer());
    const auto part = [&](const char* name, Sums& sums) {
      std::snprintf(text, sizeof text,
                    ",\"%s\":{\"offered\":%llu,\"delivered\":%llu,\"repaired\":%llu,\"streams\":%llu,\"silent\":%llu,"
                    "\"latencyMs\":{\"p50\":%.2f,\"p99\":%.2f}}",
                    name, static_cast<unsigned long long>(sums.offered), static_cast<unsigned long long>(sums.delivered),
                    static_cast<unsigned long long>(sums.repaired), static_cast<unsigned long long>(sums.streams),
                    static_cast<unsigned long long>(sums.silent), sums.latency.quantileMs(0.5), sums.latency.quantileMs(0.99));
      line += text;
    };
    part("audio", audio), part("video", video);
    std::snprintf(text, sizeof text, ",\"latencyMs\":{\"p50\":%.2f,\"p99\":%.2f},\"worstPersonP99Ms\":%.2f,\"seconds\":%.3f",
                  all.quantileMs(0.5), all.quantileMs(0.99), worst.quantileMs(1),
                  static_cast<double>(world_.window.endNs - world_.window.beginNs) / 1e9);
    say(line + text + ",\"people\":[" + people + "]}");
  }

  World world_;
  std::map<uint32_t, std::shared_ptr<Person>> people_;
  std::map<uint32_t, std::unique_ptr<Transport>> transports_;
  Sums retiredAudio_, retiredVideo_;
  std::unordered_map<uint32_t, Sender*> sendersById_;
  std::string pending_;
  int epoll_ = -1, timer_ = -1;
  bool isOver_ = false;
};

}  // namespace bots

int main() {
  std::signal(SIGPIPE, SIG_IGN);
  // A Ctrl-C on the terminal is for the program that started this one: it ends this one by closing stdin.
  std::signal(SIGINT, SIG_IGN);
  if (srtp_init() != srtp_err_status_ok) return 1;
  return bots::Engine().run();
}
