#include "api/server/input_buffer.hpp"

#include <algorithm>
#include <cstring>

namespace annals::server {

namespace {

constexpr std::size_t kFirstCapacity = 4 * 1024;
constexpr std::size_t kSpareCapacity = 16 * 1024;

}  // namespace

std::span<char> InputBuffer::prepare(std::size_t size) {
    if (capacity_ - end_ >= size) return {bytes_.get() + end_, capacity_ - end_};
    const std::size_t held = end_ - begin_;
    if (capacity_ < held + size) {
        const std::size_t capacity = std::max({kFirstCapacity, capacity_ * 2, held + size});
        auto grown = std::make_unique_for_overwrite<char[]>(capacity);
        if (held > 0) std::memcpy(grown.get(), bytes_.get() + begin_, held);
        bytes_ = std::move(grown);
        capacity_ = capacity;
    } else if (held > 0) {
        std::memmove(bytes_.get(), bytes_.get() + begin_, held);
    }
    begin_ = 0;
    end_ = held;
    return {bytes_.get() + end_, capacity_ - end_};
}

void InputBuffer::consume(std::size_t size) {
    begin_ += std::min(size, end_ - begin_);
    if (begin_ == end_) begin_ = end_ = 0;
}

void InputBuffer::release_spare() {
    if (!empty() || capacity_ <= kSpareCapacity) return;
    bytes_.reset();
    capacity_ = 0;
}

}  // namespace annals::server
