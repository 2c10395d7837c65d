#pragma once

#include "domain/contract/json_writer.hpp"
#include "projections/kernel/projection.hpp"
#include "tests/support/event_log.hpp"

#include <gtest/gtest.h>
#include <map>
#include <string>
#include <vector>

namespace annals::test {

/// Given these events, then the tables hold these rows:
///     ProjectionSpec(task_projection()).given(log).then<TaskRow>({row, ...});
class ProjectionSpec {
public:
    explicit ProjectionSpec(const ProjectionType& type) : type_(type), rows_(type.tables, nullptr) {}

    ProjectionSpec& given(EventLog& log, std::uint16_t partitions = 2) {
        for (std::uint16_t number = 0; number < partitions; ++number) {
            for (const EventLog::Entry& entry : log.partition(number)) {
                const Reaction* reaction = type_.reaction_to(entry.recorded.event.type().name);
                if (reaction == nullptr) continue;
                if (reaction->touch != nullptr) reaction->touch(entry.recorded, rows_);
                reaction->apply(entry.recorded, rows_);
            }
        }
        return *this;
    }

    template <class Row>
    ProjectionSpec& then(const std::vector<Row>& expected) {
        for (const RowTable& table : rows_.tables()) {
            if (table.type().name != Row::kTable) continue;
            std::map<std::string, int> texts;
            for (const Row& row : expected) ++texts[text(table, &row)];
            for (const auto& [key, slot] : table.slots()) {
                if (slot.row != nullptr) --texts[text(table, slot.row.get())];
            }
            for (const auto& [row, missing] : texts) {
                EXPECT_LE(missing, 0) << "expected, but not there: " << row;
                EXPECT_GE(missing, 0) << "there, but not expected: " << row;
            }
        }
        return *this;
    }

    RowSet& rows() { return rows_; }

private:
    static std::string text(const RowTable& table, const void* row) {
        std::string json;
        contract::write_json(*table.type().shape, row, json);
        return json;
    }

    const ProjectionType& type_;
    RowSet rows_;
};

}  // namespace annals::test
