#pragma once

#include "domain/contract/event_catalogue.hpp"
#include "domain/contract/raw_json.hpp"
#include "domain/kernel/bounded.hpp"
#include "domain/kernel/ids.hpp"
#include "domain/kernel/patch.hpp"
#include "domain/kernel/sealed.hpp"
#include "domain/kernel/text.hpp"
#include "domain/kernel/time.hpp"

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

// Contract types that no product code uses: one command-like struct with a field of every kind, and an event
// that was stored in three shapes over the years.
namespace annals::test {

enum class Colour : std::uint8_t { red, green, for_ };
BOOST_DESCRIBE_ENUM(Colour, red, green, for_)

struct Part {
    Text<1, 10> name{};
    Bounded<1, 99> quantity{};
    friend bool operator==(const Part&, const Part&) = default;
};
BOOST_DESCRIBE_STRUCT(Part, (), (name, quantity))

struct Everything {
    bool flag{false};
    std::int64_t count{0};
    Text<2, 20> title{};
    Colour colour{};
    TaskId task{};
    Instant at{};
    Date day{};
    Listed<Part, 1, 3> parts{};
    std::optional<Markdown<50>> note{};
    std::optional<Bounded<0, 10>> small{};
    std::optional<std::uint8_t> byte{};
    std::optional<Email> email{};
    std::optional<RawJson> raw{};
    Patch<Date> due{};
    Patch<Listed<Colour, 0, 2>> colours{};
    friend bool operator==(const Everything&, const Everything&) = default;
};
BOOST_DESCRIBE_STRUCT(
    Everything, (),
    (flag, count, title, colour, task, at, day, parts, note, small, byte, email, raw, due, colours)
)

/// A person was greeted by name; later by first and last name, and with the language; at last the name was
/// sealed.
struct PersonGreetedV1 {
    static constexpr std::string_view kType = "tst.PersonGreeted";
    static constexpr std::uint16_t kSchemaVersion = 1;
    std::string name{};
};
BOOST_DESCRIBE_STRUCT(PersonGreetedV1, (), (name))

struct PersonGreetedV2 {
    static constexpr std::string_view kType = "tst.PersonGreeted";
    static constexpr std::uint16_t kSchemaVersion = 2;
    std::string first{};
    std::string last{};
    std::string language{};
};
BOOST_DESCRIBE_STRUCT(PersonGreetedV2, (), (first, last, language))

struct PersonGreeted {
    static constexpr std::string_view kType = "tst.PersonGreeted";
    static constexpr std::uint16_t kSchemaVersion = 3;
    UserId person{};
    Sealed<Text<1, 80>> name{};
    std::string language{};
};
BOOST_DESCRIBE_STRUCT(PersonGreeted, (), (person, name, language))

const contract::TypeInfo& everything_type();

/// The three versions of PersonGreeted with their upcasters.
const contract::EventCatalogue& greeting_catalogue();

}  // namespace annals::test
