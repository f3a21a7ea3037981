#include "harness/train/state.h"

#include <filesystem>

#include "harness/core/error.h"
#include "harness/core/json.h"
#include "harness/model/tensors.h"

namespace undertone {
namespace {
std::string state_path(const std::string& folder) { return folder + "/state.safetensors"; }
}  // namespace

void save_training_state(const std::string& folder, const std::string& identity, std::int64_t steps_taken,
                         const FlatParameters& parameters, const std::vector<std::string>& log) {
  std::filesystem::create_directories(folder);
  Json lines = Json::array();
  for (const std::string& line : log) lines.push_back(line);
  const at::Tensor values = parameters.values.cpu(), moment1 = parameters.moment1.cpu(),
                   moment2 = parameters.moment2.cpu();
  write_safetensors(state_path(folder),
                    {view_of("values", values), view_of("moment1", moment1), view_of("moment2", moment2)},
                    {{"format", "undertone-training-state-1"},
                     {"identity", identity},
                     {"steps_taken", std::to_string(steps_taken)},
                     {"log", lines.dump()}});
}

std::optional<RestoredState> restore_training_state(const std::string& folder, const std::string& identity,
                                                    FlatParameters& parameters) {
  const std::string path = state_path(folder);
  if (!std::filesystem::exists(path)) return std::nullopt;
  try {
    const TensorFile file = open_safetensors(path);
    const auto& metadata = file.metadata();
    if (metadata.at("format") != "undertone-training-state-1" || metadata.at("identity") != identity)
      return std::nullopt;
    RestoredState out;
    out.steps_taken = std::stoll(metadata.at("steps_taken"));
    const Json lines = parse_json(metadata.at("log"), path);
    for (const Json& line : lines.elements()) out.log.push_back(line.as_string());
    const std::vector<std::int64_t> shape{parameters.values.numel()};
    const TensorView *values = &file.at("values", shape), *moment1 = &file.at("moment1", shape),
                     *moment2 = &file.at("moment2", shape);
    const auto copy = [](const TensorView& from, at::Tensor& to) { to.copy_(tensor_from(from)); };
    copy(*values, parameters.values);
    copy(*moment1, parameters.moment1);
    copy(*moment2, parameters.moment2);
    return out;
  } catch (const Error&) {
    return std::nullopt;
  } catch (const std::logic_error&) {  // a key that is missing, a number that is none
    return std::nullopt;
  }
}

}  // namespace undertone
