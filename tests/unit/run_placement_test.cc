// The device in keys: absent for the CPU, so that older keys stand; its kind, not its number, otherwise.
#include "harness/run/stages.h"

namespace undertone {
namespace {

std::string key_on(const std::string& device) {
  ModelSpec model;
  model.device = device;
  StageKey key("train", 1);
  key.setting("settings", Json::object()).seed(1);
  add_placement(key, model);
  return key.hash();
}

TEST(PlacementKey, TheCpuAddsNothing) {
  StageKey key("train", 1);
  key.setting("settings", Json::object()).seed(1);
  EXPECT_EQ(key_on("cpu"), key.hash());
}

TEST(PlacementKey, AGpuIsAnotherKeyWhateverItsNumber) {
  EXPECT_NE(key_on("cuda"), key_on("cpu"));
  EXPECT_EQ(key_on("cuda:1"), key_on("cuda"));
}

TEST(PlacementKey, TheJobGetsTheVeryDevice) {
  ModelSpec model;
  model.device = "cuda:1";
  WorkerJob job;
  add_placement(job, model);
  EXPECT_EQ(job.device, "cuda:1");
  EXPECT_EQ(job.dtype, "float32");
}

}  // namespace
}  // namespace undertone
