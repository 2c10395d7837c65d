#pragma once

#include "api/openapi/json_text.hpp"
#include "domain/contract/event_catalogue.hpp"
#include "domain/contract/type_info.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace annals::api {

/// Where a schema stands decides what is strict about it.
enum class SchemaUse {
    request,  ///< objects are closed; optional fields may be null
    answer,   ///< objects are open, because a later version may answer more; what is absent is left out
    event     ///< objects are closed; personal data is sealed
};

/// The named schemas of one document. A type gets its name when it is first referred to and is written
/// once, in `write_definitions`. Two different types of one name are told apart by a number behind it.
class SchemaSet {
public:
    /// `place` is what stands before a name in a reference: "#/components/schemas/".
    explicit SchemaSet(std::string_view place) : place_(place) {}

    std::string reference(const contract::TypeInfo& type, SchemaUse use);
    [[nodiscard]] bool empty() const { return entries_.empty(); }
    /// Writes every type referred to as a member of the present object, those included that only others
    /// refer to.
    void write_definitions(JsonText& json);

private:
    struct Entry {
        const contract::TypeInfo* type;
        SchemaUse use;
        std::string name;
    };
    std::string free_name(std::string_view wanted) const;

    std::string place_;
    std::vector<Entry> entries_;
};

/// Writes the members of the type's JSON Schema (2020-12) into the present object. Objects and enumerations
/// that have a name become references into `set`.
void write_schema(JsonText& json, const contract::TypeInfo& type, SchemaUse use, SchemaSet& set);

/// The same for an object type, in place even when it has a name, without the field of the given name.
void write_object_schema(
    JsonText& json, const contract::TypeInfo& type, SchemaUse use, SchemaSet& set,
    std::string_view without_field = {}
);

/// "prj.TaskMoved.v1", what the `dataschema` of an event ends in.
std::string event_schema_name(const contract::EventType& type);

/// JSON Schema of the `data` of one stored version of an event type, complete in itself.
std::string event_schema(const contract::EventType& type);

}  // namespace annals::api
