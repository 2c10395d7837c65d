#pragma once

#include <cstddef>
#include <cstdint>

namespace annals::http {

/// Every limit and timeout of the HTTP surface, in one place. The defaults are what a deployment gets; tests
/// inject smaller ones. Sizes are bytes, times are milliseconds.
struct Limits {
    // What a request may weigh. Beyond: 414, 431, 413.
    std::size_t request_line_bytes_max = 8 * 1024;
    std::size_t header_bytes_max = 16 * 1024;  ///< Fields with their line ends, without the request line.
    std::size_t header_fields_max = 64;
    std::size_t body_bytes_max = 1024 * 1024;
    std::size_t batch_body_bytes_max = 8 * 1024 * 1024;  ///< POST /api/v1/commands:batch.
    std::size_t chunk_header_bytes_max = 1024;  ///< One chunk-size line with its extensions; trailers.

    // How long each phase may take. A phase has one deadline, which arriving bytes do not push back; only
    // those of bodies and answers grow with what went through, by the least rates below.
    std::uint32_t header_timeout_ms =
        10'000;                           ///< From accept, or from the first byte on a kept-alive connection.
    std::uint32_t body_grace_ms = 5'000;  ///< The body's minimum rate is demanded after this.
    std::uint32_t body_bytes_per_second_min = 1024;
    std::uint32_t idle_timeout_ms = 60'000;
    std::uint32_t write_stall_ms = 30'000;  ///< No byte of the answer taken by the client.
    std::uint32_t write_bytes_per_second_min = 16 * 1024;
    std::uint32_t request_timeout_ms = 60'000;  ///< First byte of the request to the handler's answer.
    std::uint32_t refusal_hold_ms = 250;    ///< A 503 with Retry-After leaves no sooner after its request.
    std::uint32_t refusal_spread_ms = 250;  ///< And up to so much later, by chance.
    std::uint32_t even_answer_ms = 250;     ///< So that time does not tell which way an answer took.
    std::uint32_t linger_ms = 2'000;  ///< Reading on after a refusal, so that the client sees the answer.

    // How many at once.
    std::size_t connections_max = 10'000;
    std::size_t connections_per_address_max = 1'000;
    std::size_t pipelined_answers_max = 16;  ///< Answers to pipelined requests collected into one write.
};

inline constexpr std::uint32_t kStopDeadlineMsMax = 10'000;
inline constexpr std::uint32_t kAcceptBackOffMs = 100;  ///< After EMFILE and the like.
inline constexpr std::uint32_t kAcceptReportEveryMs = 10'000;

inline constexpr std::size_t kQueryParametersMax = 64;
inline constexpr std::size_t kPathSegmentsMax = 16;
inline constexpr std::size_t kPathParametersMax = 6;

inline constexpr std::size_t kIdempotencyKeyCharactersMax = 255;
inline constexpr std::size_t kEntityTagsMax = 32;  ///< Tags read from one If-Match or If-None-Match.
inline constexpr std::uint32_t kPreferWaitSecondsMax = 10;
inline constexpr std::size_t kCursorCharactersMax = 2048;
inline constexpr std::size_t kCursorKeysMax = 8;
inline constexpr std::size_t kCompressedBodyBytesMin = 1024;
inline constexpr std::uint32_t kPreflightMaxAgeSeconds = 7200;

}  // namespace annals::http
