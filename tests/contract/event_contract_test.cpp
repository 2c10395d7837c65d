#include "domain/catalogue.hpp"
#include "domain/contract/json_reader.hpp"
#include "domain/contract/json_writer.hpp"
#include "tests/support/golden.hpp"
#include "tests/support/sample_json.hpp"

#include <filesystem>
#include <gtest/gtest.h>
#include <set>
#include <string>

// What is stored must be readable for ever. golden/events holds, for each event type and schema version, a
// full and a minimal document and the shape of the type. A stored type that changes its shape fails here:
// give it a new schema version and an upcaster instead, and new golden files with GOLDEN_UPDATE=1; those of
// older versions stay.
namespace annals::contract {
namespace {

std::string golden_name(const EventType& type, const std::string& what) {
    return "events/" + std::string(type.name) + ".v" + std::to_string(type.schema_version) + "." + what;
}

/// The struct behind a document, in the version that the document was stored in.
std::shared_ptr<void> parsed(const EventType& type, const std::string& json) {
    JsonDocument document;
    const auto malformed = document.parse(json);
    EXPECT_FALSE(malformed) << type.name << ": " << malformed->detail;
    std::shared_ptr<void> event = type.make();
    for (const FieldFault& fault : document.read(*type.shape, event.get(), ReadMode::strict)) {
        ADD_FAILURE() << type.name << fault.pointer << " " << fault.code << " in " << json;
    }
    return event;
}

void check_document(const EventType& type, const std::string& name, test::Sample sample) {
    const bool is_new = test::golden_update() && !test::read_golden(name);
    if (is_new) test::write_golden(name, test::sample_json(*type.shape, sample));
    const auto golden = test::read_golden(name);
    ASSERT_TRUE(golden) << "no golden file " << name << "; GOLDEN_UPDATE=1 writes it";
    std::shared_ptr<const void> event = parsed(type, *golden);
    if (type.upcast == nullptr) {
        std::string written;
        write_json(*type.shape, event.get(), written);
        EXPECT_EQ(*golden, written) << "what was stored must be written the same";
        return;
    }
    const EventType* at = &type;
    while (at->upcast != nullptr) {
        event = at->upcast(event.get());
        ASSERT_NE(nullptr, event) << "upcast of " << name;
        at = event_catalogue().find(at->name, static_cast<std::uint16_t>(at->schema_version + 1));
    }
}

TEST(EventContract, ReadsEveryStoredVersionAndWritesTheNewestTheSame) {
    for (const EventType& type : event_catalogue().types()) {
        check_document(type, golden_name(type, "full.json"), test::Sample::full);
        check_document(type, golden_name(type, "minimal.json"), test::Sample::minimal);
    }
}

TEST(EventContract, KeepsTheShapeOfEveryStoredVersion) {
    for (const EventType& type : event_catalogue().types()) {
        test::expect_golden(golden_name(type, "shape.txt"), test::shape_text(*type.shape));
    }
}

TEST(EventContract, ForgetsNoTypeThatWasEverStored) {
    std::set<std::string> known;
    for (const EventType& type : event_catalogue().types()) {
        for (const char* what : {"full.json", "minimal.json", "shape.txt"})
            known.insert(golden_name(type, what));
    }
    for (const auto& file : std::filesystem::directory_iterator(test::golden_path("events"))) {
        const std::string name = "events/" + file.path().filename().string();
        EXPECT_TRUE(known.contains(name)) << name << " is of a type or version that the catalogue lost";
    }
}

TEST(EventContract, NamesTypesByContextInThePastTense) {
    for (const EventType& type : event_catalogue().types()) {
        const std::string context(type.name.substr(0, type.name.find('.')));
        const std::set<std::string> contexts{"idn", "org", "prj", "ops"};
        EXPECT_TRUE(contexts.contains(context)) << type.name;
        EXPECT_NE(nullptr, find_state_shape(type.category)) << type.name << " is of an unknown category";
    }
}

void expect_docs(std::string_view owner, const TypeInfo& type) {
    for (const FieldInfo& field : type.fields) EXPECT_FALSE(field.doc.empty()) << owner << "." << field.name;
}

TEST(Contract, ExplainsEveryFieldOfEveryEventAndCommand) {
    for (const EventType& type : event_catalogue().types()) expect_docs(type.name, *type.shape);
    for (const CommandShape& command : command_shapes()) expect_docs(command.name, *command.shape);
}

TEST(Contract, ReadsEveryCommandFromASample) {
    std::set<std::string_view> names;
    for (const CommandShape& command : command_shapes()) {
        EXPECT_TRUE(names.insert(command.name).second) << command.name << " is there twice";
        EXPECT_EQ(&command, find_command_shape(command.name));
        for (const test::Sample sample : {test::Sample::full, test::Sample::minimal}) {
            const std::string json = test::sample_json(*command.shape, sample);
            const auto value = command.make();
            for (const FieldFault& fault : read_json(*command.shape, json, value.get())) {
                ADD_FAILURE() << command.name << fault.pointer << " " << fault.code << " in " << json;
            }
        }
    }
    EXPECT_EQ(nullptr, find_command_shape("prj.Nothing"));
}

TEST(Contract, ShowsTheStateOfEveryCategory) {
    for (const StateShape& state : state_shapes()) EXPECT_EQ(&state, find_state_shape(state.category));
    EXPECT_EQ(nullptr, find_state_shape("nothing"));
}

}  // namespace
}  // namespace annals::contract
