// ankerl::unordered_dense (header-only, not in Debian 12) by way of the standard containers.
// The worker uses only what both offer: map, set and hash. The standard ones keep references to
// elements valid for longer, so nothing that was right with the original can become wrong here;
// the price is an allocation per element, paid when streams are set up and not per packet.
#pragma once

#include <functional>
#include <unordered_map>
#include <unordered_set>

namespace ankerl::unordered_dense
{
	template<typename T>
	using hash = std::hash<T>;

	template<typename Key, typename Value, typename Hash = std::hash<Key>, typename Equal = std::equal_to<Key>>
	using map = std::unordered_map<Key, Value, Hash, Equal>;

	template<typename Key, typename Hash = std::hash<Key>, typename Equal = std::equal_to<Key>>
	using set = std::unordered_set<Key, Hash, Equal>;
} // namespace ankerl::unordered_dense
