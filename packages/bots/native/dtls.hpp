// DTLS 1.2 as its client, over memory (RFC 5764 for SRTP's keys), and the SRTP sessions made from it.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <srtp2/srtp.h>

#include <functional>
#include <stdexcept>
#include <string>

#include "util.hpp"

namespace bots {

inline std::string fingerprintOf(X509* certificate) {
  uint8_t digest[32];
  unsigned length = sizeof digest;
  X509_digest(certificate, EVP_sha256(), digest, &length);
  std::string text;
  char pair[4];
  for (unsigned i = 0; i < length; ++i) {
    std::snprintf(pair, sizeof pair, i ? ":%02X" : "%02X", digest[i]);
    text += pair;
  }
  return text;
}

/** One certificate for all bots of the process: making one for each would only measure key generation. */
class DtlsContext {
 public:
  DtlsContext() {
    key_ = EVP_EC_gen("P-256");
    certificate_ = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(certificate_), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate_), -86'400);
    X509_gmtime_adj(X509_getm_notAfter(certificate_), 30 * 86'400);
    X509_set_pubkey(certificate_, key_);
    X509_NAME* name = X509_get_subject_name(certificate_);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const uint8_t*>("bots"), -1, -1, 0);
    X509_set_issuer_name(certificate_, name);
    X509_sign(certificate_, key_, EVP_sha256());
    context_ = SSL_CTX_new(DTLS_method());
    SSL_CTX_set_min_proto_version(context_, DTLS1_2_VERSION);
    SSL_CTX_use_certificate(context_, certificate_);
    SSL_CTX_use_PrivateKey(context_, key_);
    // Whom we talk to is decided by the fingerprint, after the handshake.
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, [](int, X509_STORE_CTX*) { return 1; });
    // As browsers offer them. 0 is success here.
    if (SSL_CTX_set_tlsext_use_srtp(context_, "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80") != 0)
      throw std::runtime_error("this OpenSSL offers no keys for SRTP");
    fingerprint = fingerprintOf(certificate_);
  }
  SSL_CTX* context() const { return context_; }
  std::string fingerprint;

 private:
  EVP_PKEY* key_;
  X509* certificate_;
  SSL_CTX* context_;
};

class Dtls {
 public:
  enum class State { Handshake, Ready, Failed };

  Dtls(SSL_CTX* context, std::string fingerprint, std::function<void(const uint8_t*, size_t)> send)
      : fingerprint_(std::move(fingerprint)), send_(std::move(send)) {
    ssl_ = SSL_new(context);
    in_ = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(in_, -1);
    out_ = BIO_new(boundaryKeeping());
    BIO_set_data(out_, this);
    BIO_set_init(out_, 1);
    SSL_set_bio(ssl_, in_, out_);
    SSL_set_connect_state(ssl_);
    SSL_set_options(ssl_, SSL_OP_NO_QUERY_MTU);
    SSL_set_mtu(ssl_, 1200);
    // 50 ms first, as browsers do: the server may not have heard of us yet when the first flight arrives.
    DTLS_set_timer_cb(ssl_, [](SSL*, unsigned last) { return last == 0 ? 50'000u : std::min(last * 2, 1'000'000u); });
  }
  ~Dtls() {
    SSL_free(ssl_);
    if (srtpIn_) srtp_dealloc(srtpIn_);
    if (srtpOut_) srtp_dealloc(srtpOut_);
  }
  Dtls(const Dtls&) = delete;
  Dtls& operator=(const Dtls&) = delete;

  State state = State::Handshake;

  /** Goes on with the handshake, with what has come in if anything has. */
  void step(const uint8_t* data = nullptr, size_t length = 0) {
    if (state == State::Failed) return;
    if (length > 0) BIO_write(in_, data, static_cast<int>(length));
    ERR_clear_error();
    if (state == State::Ready) {
      // Only alerts come now: the far end says goodbye.
      uint8_t scratch[256];
      if (SSL_read(ssl_, scratch, sizeof scratch) <= 0 && SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) state = State::Failed;
      return;
    }
    const int done = SSL_do_handshake(ssl_);
    if (done == 1) finish();
    else if (SSL_get_error(ssl_, done) != SSL_ERROR_WANT_READ) state = State::Failed;
  }
  /** Sends a lost flight again; call it every few milliseconds during the handshake. */
  void tick() {
    if (state == State::Handshake && DTLSv1_handle_timeout(ssl_) < 0) state = State::Failed;
  }
  void goodbye() {
    if (state == State::Ready) SSL_shutdown(ssl_);
  }

  /** In place; the buffer needs SRTP_MAX_TRAILER_LEN + 4 bytes more. False when it is not for us. */
  bool protectRtp(uint8_t* packet, int& length) { return srtp_protect(srtpOut_, packet, &length) == srtp_err_status_ok; }
  bool protectRtcp(uint8_t* packet, int& length) { return srtp_protect_rtcp(srtpOut_, packet, &length) == srtp_err_status_ok; }
  bool openRtp(uint8_t* packet, int& length) { return srtp_unprotect(srtpIn_, packet, &length) == srtp_err_status_ok; }
  bool openRtcp(uint8_t* packet, int& length) { return srtp_unprotect_rtcp(srtpIn_, packet, &length) == srtp_err_status_ok; }

 private:
  /** OpenSSL's own memory BIO runs datagrams together; this one hands each on as it is written. */
  static BIO_METHOD* boundaryKeeping() {
    static BIO_METHOD* method = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_TYPE_SOURCE_SINK | 99, "datagrams");
      BIO_meth_set_write(made, [](BIO* bio, const char* data, int length) {
        static_cast<Dtls*>(BIO_get_data(bio))->send_(reinterpret_cast<const uint8_t*>(data), length);
        return length;
      });
      BIO_meth_set_ctrl(made, [](BIO*, int command, long, void*) -> long { return command == BIO_CTRL_FLUSH ? 1 : 0; });
      return made;
    }();
    return method;
  }

  void finish() {
    X509* peer = SSL_get1_peer_certificate(ssl_);
    const bool isRight = peer && fingerprintOf(peer) == fingerprint_;
    if (peer) X509_free(peer);
    const SRTP_PROTECTION_PROFILE* chosen = SSL_get_selected_srtp_profile(ssl_);
    state = isRight && chosen && makeSrtp(chosen->id == SRTP_AEAD_AES_128_GCM) ? State::Ready : State::Failed;
  }
  bool makeSrtp(bool isGcm) {
    const size_t keyLength = 16;
    const size_t saltLength = isGcm ? 12 : 14;
    uint8_t exported[2 * (16 + 14)];
    if (SSL_export_keying_material(ssl_, exported, 2 * (keyLength + saltLength), "EXTRACTOR-dtls_srtp", 19, nullptr, 0, 0) != 1)
      return false;
    // RFC 5764 §4.2: both keys, then both salts, the client's first.
    const auto make = [&](size_t side, srtp_ssrc_type_t direction, srtp_t* session) {
      uint8_t key[30];
      std::memcpy(key, exported + side * keyLength, keyLength);
      std::memcpy(key + keyLength, exported + 2 * keyLength + side * saltLength, saltLength);
      srtp_policy_t policy{};
      const srtp_profile_t profile = isGcm ? srtp_profile_aead_aes_128_gcm : srtp_profile_aes128_cm_sha1_80;
      srtp_crypto_policy_set_from_profile_for_rtp(&policy.rtp, profile);
      srtp_crypto_policy_set_from_profile_for_rtcp(&policy.rtcp, profile);
      policy.ssrc.type = direction;
      policy.key = key;
      policy.window_size = 1024;
      policy.allow_repeat_tx = 1;
      return srtp_create(session, &policy) == srtp_err_status_ok;
    };
    return make(0, ssrc_any_outbound, &srtpOut_) && make(1, ssrc_any_inbound, &srtpIn_);
  }

  const std::string fingerprint_;
  const std::function<void(const uint8_t*, size_t)> send_;
  SSL* ssl_;
  BIO* in_;
  BIO* out_;
  srtp_t srtpIn_ = nullptr;
  srtp_t srtpOut_ = nullptr;
};

}  // namespace bots
