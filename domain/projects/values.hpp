#pragma once

#include "domain/kernel/bounded.hpp"
#include "domain/kernel/text.hpp"

#include <boost/describe/enum.hpp>
#include <cstdint>

namespace annals::projects {

using ProjectName = Text<1, 80>;
using ProjectDescription = Markdown<5000>;
using ColumnName = Text<1, 40>;
using WipLimit = Bounded<1, 500>;  ///< work in progress: how many tasks a column holds

using TaskTitle = Text<1, 255>;
using TaskDescription = Markdown<50000>;
using EstimateMinutes = Bounded<0, 600000>;
using Label = Text<1, 30>;

inline constexpr std::size_t kColumnsMax = 20;
inline constexpr std::size_t kAssigneesMax = 10;
inline constexpr std::size_t kLabelsMax = 20;
inline constexpr std::size_t kTaskDepthMax = 5;  ///< a task, its parent, that one's parent, ...

/// How a project works; decides what the console shows first.
enum class ProjectType : std::uint8_t { kanban, scrum, service, list };
BOOST_DESCRIBE_ENUM(ProjectType, kanban, scrum, service, list)

/// What a column means, whatever its name: reports and rules count by it.
enum class TaskCategory : std::uint8_t { backlog, todo, in_progress, in_review, blocked, done, cancelled };
BOOST_DESCRIBE_ENUM(TaskCategory, backlog, todo, in_progress, in_review, blocked, done, cancelled)

/// What a full column does: nothing, show a warning, or refuse more tasks.
enum class WipMode : std::uint8_t { off, warn, block };
BOOST_DESCRIBE_ENUM(WipMode, off, warn, block)

enum class TaskType : std::uint8_t { task, bug, story, epic, subtask };
BOOST_DESCRIBE_ENUM(TaskType, task, bug, story, epic, subtask)

enum class TaskPriority : std::uint8_t { urgent, high, medium, low, none };
BOOST_DESCRIBE_ENUM(TaskPriority, urgent, high, medium, low, none)

}  // namespace annals::projects
