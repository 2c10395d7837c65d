#include "domain/projects/contract.hpp"

#include "domain/contract/describe.hpp"
#include "domain/projects/commands.hpp"
#include "domain/projects/events.hpp"
#include "domain/projects/project.hpp"
#include "domain/projects/task.hpp"

#include <array>

namespace annals::projects {

std::span<const contract::EventType> events() {
    static const std::array kEvents{
        contract::event<ProjectCreated>(Project::kCategory),
        contract::event<ProjectUpdated>(Project::kCategory),
        contract::event<ProjectArchived>(Project::kCategory),
        contract::event<TaskCreated>(Task::kCategory),
        contract::event<TaskUpdated>(Task::kCategory),
        contract::event<TaskMoved>(Task::kCategory),
        contract::event<TaskAssigned>(Task::kCategory),
        contract::event<TaskUnassigned>(Task::kCategory),
    };
    return kEvents;
}

std::span<const contract::CommandShape> commands() {
    static const std::array kCommands{
        contract::command<CreateProject>(),  contract::command<UpdateProject>(),
        contract::command<ArchiveProject>(), contract::command<CreateTask>(),
        contract::command<UpdateTask>(),     contract::command<MoveTask>(),
        contract::command<AssignTask>(),     contract::command<UnassignTask>(),
    };
    return kCommands;
}

std::span<const contract::StateShape> states() {
    static const std::array kStates{contract::state<Project>(), contract::state<Task>()};
    return kStates;
}

}  // namespace annals::projects
