#pragma once

#include "api/server/connection.hpp"
#include "domain/kernel/assert.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

namespace annals::server {

/// The right to answer one request, handed to its handler. Gone without use, it reports the answer as lost.
class AnswerSlot {
public:
    AnswerSlot(std::shared_ptr<Connection> connection, std::uint64_t number)
        : connection_(std::move(connection)), number_(number) {}
    AnswerSlot(AnswerSlot&&) noexcept = default;
    AnswerSlot& operator=(AnswerSlot&&) = delete;
    ~AnswerSlot() {
        if (connection_) connection_->deliver(number_, std::nullopt);
    }

    void operator()(http::Response response) {
        ANNALS_ASSERT(connection_ != nullptr, "a request was answered twice");
        const std::shared_ptr<Connection> connection = std::move(connection_);
        connection_.reset();
        connection->deliver(number_, std::move(response));
    }

private:
    std::shared_ptr<Connection> connection_;
    std::uint64_t number_;
};

}  // namespace annals::server
