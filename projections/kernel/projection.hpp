#pragma once

#include "domain/contract/envelope.hpp"
#include "projections/kernel/row_set.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace annals {

/// What a projection does with one event type. `touch` announces the rows that `apply` will look up; `apply`
/// changes rows and nothing else: no I/O, no clock, no chance, so that folding the log again gives the same
/// rows.
struct Reaction {
    std::string_view event;
    std::uint16_t schema_version{1};  ///< the newest one, which is what reducers see
    void (*apply)(const contract::RecordedEvent& event, RowSet& rows){nullptr};
    void (*touch)(const contract::RecordedEvent& event, RowSet& rows){nullptr
    };  ///< null: nothing is looked up
};

/// A read model: its tables and how events change them. Constant data that lives as long as the process. Its
/// tables are written by no other projection.
struct ProjectionType {
    std::string_view name;     ///< "projects.task"
    std::uint16_t version{1};  ///< rises when the tables or reducers change so that they must be filled anew
    std::span<const TableType> tables;
    std::span<const Reaction> reactions;
    bool is_beside{false};  ///< the copy that is built beside the live tables: the same under another name

    /// Null when the projection does not care about the event type.
    [[nodiscard]] const Reaction* reaction_to(std::string_view event) const {
        for (const Reaction& each : reactions) {
            if (each.event == event) return &each;
        }
        return nullptr;
    }
    /// What its checkpoints are kept under. A new version starts at the beginning of the log; its migration
    /// empties the tables.
    [[nodiscard]] std::string checkpoint_name() const {
        return std::string(name) + "@" + std::to_string(version) + (is_beside ? "#beside" : "");
    }
    /// The copy of it that is built while this one serves. Its store writes the tables of schema `beside`.
    [[nodiscard]] ProjectionType beside() const {
        ProjectionType copy = *this;
        copy.is_beside = true;
        return copy;
    }
};

}  // namespace annals
