// The part of the libsrtp 3 interface that the media worker calls, on top of libsrtp 2 (Debian has 2.5).
//
// Two things differ. In version 3 a policy is an opaque object filled by functions; in version 2 it is a
// plain struct. And in version 3 packets are (un)protected from one buffer into another; version 2 works
// in place, so the bytes are copied first, after checking that the destination has room for them and for
// the trailer that version 2 may write behind them.
#pragma once

#define srtp_policy_t srtp2_policy_t
#include <srtp2/srtp.h>
#undef srtp_policy_t

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>

// Error codes that only version 3 knows. Version 2 never returns them; 28 and 29 fit its 5-bit enum.
constexpr auto srtp_err_status_buffer_small = static_cast<srtp_err_status_t>(28);
constexpr auto srtp_err_status_cryptex_err  = static_cast<srtp_err_status_t>(29);

struct srtp3_policy
{
	srtp2_policy_t policy{};
	uint8_t key[SRTP_MAX_KEY_LEN]{};
};

using srtp_policy_t = srtp3_policy*;

inline srtp_err_status_t srtp_policy_create(srtp_policy_t* policy)
{
	*policy = new (std::nothrow) srtp3_policy{};

	return *policy ? srtp_err_status_ok : srtp_err_status_alloc_fail;
}

inline void srtp_policy_destroy(srtp_policy_t policy)
{
	if (policy)
	{
		// Key material must not stay in freed memory; a volatile write is not optimised away.
		volatile uint8_t* key = policy->key;

		for (size_t i{ 0 }; i < sizeof(policy->key); ++i)
		{
			key[i] = 0;
		}
	}

	delete policy;
}

inline srtp_err_status_t srtp_policy_set_ssrc(srtp_policy_t policy, srtp_ssrc_t ssrc)
{
	policy->policy.ssrc = ssrc;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_profile(srtp_policy_t policy, srtp_profile_t profile)
{
	const auto err = srtp_crypto_policy_set_from_profile_for_rtp(&policy->policy.rtp, profile);

	return err ? err : srtp_crypto_policy_set_from_profile_for_rtcp(&policy->policy.rtcp, profile);
}

inline srtp_err_status_t srtp_policy_add_key(
  srtp_policy_t policy,
  const uint8_t* key,
  size_t keyLen,
  const uint8_t* salt,
  size_t saltLen,
  const uint8_t* /*mki*/,
  size_t mkiLen)
{
	// The worker never uses a master key identifier, and gives one key only.
	if (mkiLen != 0 || policy->policy.key || keyLen + saltLen > sizeof(policy->key))
	{
		return srtp_err_status_bad_param;
	}

	std::memcpy(policy->key, key, keyLen);
	std::memcpy(policy->key + keyLen, salt, saltLen);
	policy->policy.key = policy->key;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_allow_repeat_tx(srtp_policy_t policy, bool allow)
{
	policy->policy.allow_repeat_tx = allow ? 1 : 0;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_policy_set_window_size(srtp_policy_t policy, size_t size)
{
	policy->policy.window_size = size;

	return srtp_err_status_ok;
}

inline srtp_err_status_t srtp_create(srtp_t* session, srtp_policy_t policy)
{
	// Explicitly the C function of version 2 (it copies the key).
	return srtp_create(session, static_cast<const srtp2_policy_t*>(&policy->policy));
}

inline srtp_err_status_t srtp_stream_remove(srtp_t session, uint32_t ssrc)
{
	return srtp_remove_stream(session, ssrc);
}

namespace srtp3
{
	// Copies `in` to `out` (they may be the same) and runs a version 2 call on `out`.
	// `outLen` is the room in `out` before, and the length of the result after a success.
	template<typename Call>
	inline srtp_err_status_t inPlace(
	  const uint8_t* in, size_t inLen, uint8_t* out, size_t* outLen, size_t trailerLen, Call call)
	{
		if (inLen + trailerLen > *outLen || inLen > 0xFFFF)
		{
			return srtp_err_status_buffer_small;
		}

		if (in != out)
		{
			std::memmove(out, in, inLen);
		}

		int len        = static_cast<int>(inLen);
		const auto err = call(out, &len);

		if (!err)
		{
			*outLen = static_cast<size_t>(len);
		}

		return err;
	}
} // namespace srtp3

inline srtp_err_status_t srtp_protect(
  srtp_t session, const uint8_t* rtp, size_t rtpLen, uint8_t* out, size_t* outLen, size_t /*mkiIndex*/)
{
	return srtp3::inPlace(
	  rtp,
	  rtpLen,
	  out,
	  outLen,
	  SRTP_MAX_TRAILER_LEN,
	  [session](uint8_t* data, int* len) { return srtp_protect(session, static_cast<void*>(data), len); });
}

inline srtp_err_status_t srtp_unprotect(
  srtp_t session, const uint8_t* srtp, size_t srtpLen, uint8_t* out, size_t* outLen)
{
	return srtp3::inPlace(
	  srtp,
	  srtpLen,
	  out,
	  outLen,
	  0,
	  [session](uint8_t* data, int* len) { return srtp_unprotect(session, static_cast<void*>(data), len); });
}

// RTCP gets 4 more bytes than the trailer: the SRTCP index.
inline srtp_err_status_t srtp_protect_rtcp(
  srtp_t session, const uint8_t* rtcp, size_t rtcpLen, uint8_t* out, size_t* outLen, size_t /*mkiIndex*/)
{
	return srtp3::inPlace(
	  rtcp,
	  rtcpLen,
	  out,
	  outLen,
	  SRTP_MAX_TRAILER_LEN + 4,
	  [session](uint8_t* data, int* len)
	  { return srtp_protect_rtcp(session, static_cast<void*>(data), len); });
}

inline srtp_err_status_t srtp_unprotect_rtcp(
  srtp_t session, const uint8_t* srtcp, size_t srtcpLen, uint8_t* out, size_t* outLen)
{
	return srtp3::inPlace(
	  srtcp,
	  srtcpLen,
	  out,
	  outLen,
	  0,
	  [session](uint8_t* data, int* len)
	  { return srtp_unprotect_rtcp(session, static_cast<void*>(data), len); });
}
