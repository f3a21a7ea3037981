// Reading of a model's settings: all problems at once, as one Error{suite}. Torch-free.
#pragma once

#include <functional>
#include <string>

#include "harness/core/fields.h"
#include "harness/core/json.h"

namespace undertone {

void read_settings(const Json& json, const std::string& pointer,
                   const std::function<void(FieldReader&)>& read);

}  // namespace undertone
