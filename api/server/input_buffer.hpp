#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace annals::server {

/// Bytes received and not yet used, contiguous, so that a header is parsed in place. Reused for all requests
/// of a connection; gives back what a large body made it grow to.
class InputBuffer {
public:
    std::string_view text() const { return {bytes_.get() + begin_, end_ - begin_}; }
    std::size_t size() const { return end_ - begin_; }
    bool empty() const { return begin_ == end_; }

    /// Room for at least `size` more bytes behind the text. Moves the text: views of it end here.
    std::span<char> prepare(std::size_t size);
    /// The first `size` bytes of the prepared room hold received bytes now.
    void commit(std::size_t size) { end_ += size; }
    /// Forgets the first `size` bytes.
    void consume(std::size_t size);
    /// Frees the memory when the buffer is empty and grown; called when a connection becomes idle.
    void release_spare();

private:
    std::unique_ptr<char[]> bytes_;
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace annals::server
