#pragma once

#include <cstddef>
#include <list>
#include <unordered_map>
#include <utility>

namespace annals {

/// A map of at most `capacity` entries that forgets the one not used for longest. Not thread-safe.
template <class Key, class Value>
class LruMap {
public:
    explicit LruMap(std::size_t capacity) : capacity_(capacity) {}

    /// Null when absent. The pointer holds until the next `put`.
    Value* find(const Key& key) {
        const auto found = index_.find(key);
        if (found == index_.end()) return nullptr;
        entries_.splice(entries_.begin(), entries_, found->second);
        return &found->second->second;
    }
    void put(const Key& key, Value value) {
        if (Value* present = find(key)) {
            *present = std::move(value);
            return;
        }
        if (index_.size() >= capacity_) {
            index_.erase(entries_.back().first);
            entries_.pop_back();
        }
        entries_.emplace_front(key, std::move(value));
        index_.emplace(key, entries_.begin());
    }
    void erase(const Key& key) {
        const auto found = index_.find(key);
        if (found == index_.end()) return;
        entries_.erase(found->second);
        index_.erase(found);
    }
    template <class Predicate>
    void erase_if(Predicate&& predicate) {
        for (auto at = entries_.begin(); at != entries_.end();) {
            if (predicate(at->first, at->second)) {
                index_.erase(at->first);
                at = entries_.erase(at);
            } else {
                ++at;
            }
        }
    }
    /// Calls `visit(key, value)` for up to `limit` entries, the one used last first.
    template <class Visit>
    void visit_recent(std::size_t limit, Visit&& visit) const {
        for (auto at = entries_.begin(); at != entries_.end() && limit > 0; ++at, --limit)
            visit(at->first, at->second);
    }
    void clear() {
        index_.clear();
        entries_.clear();
    }
    [[nodiscard]] std::size_t size() const { return index_.size(); }

private:
    using Entries = std::list<std::pair<Key, Value>>;
    std::size_t capacity_;
    Entries entries_;
    std::unordered_map<Key, typename Entries::iterator> index_;
};

}  // namespace annals
