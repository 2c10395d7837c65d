#pragma once

#include "domain/contract/type_info.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

namespace annals::contract {

/// One stored version of an event type. A struct that is stored declares
///     static constexpr std::string_view kType = "prj.TaskMoved";
///     static constexpr std::uint16_t kSchemaVersion = 1;
/// and its context lists it in contract.cpp. Names and shapes of stored versions never change; a change is a
/// new schema version and an upcaster from the one before.
struct EventType {
    std::string_view name;
    std::uint16_t schema_version{1};
    std::string_view category;  ///< of the stream: "task"
    const TypeInfo* shape{nullptr};
    std::shared_ptr<void> (*make)(){nullptr};
    /// Only for versions that are no longer written: makes the next version's struct.
    std::shared_ptr<const void> (*upcast)(const void*){nullptr};
};

/// The wire side of a command: its name ("prj.MoveTask") and fields. What it does and who may is said in the
/// commands layer, see commands/kernel/command_type.hpp.
struct CommandShape {
    std::string_view name;
    const TypeInfo* shape{nullptr};
    std::shared_ptr<void> (*make)(){nullptr};
    /// The codes its decision may refuse with, beside those that every command may: `static constexpr
    /// std::array< std::string_view, N> kRejections` of its struct. For the documents.
    std::span<const std::string_view> rejections{};
};

/// The state of an aggregate as a described struct, for tools that show it (`annals replay`). Never stored.
struct StateShape {
    std::string_view category;
    const TypeInfo* shape{nullptr};
};

}  // namespace annals::contract
