// Every kind of dataset, in the order in which they are listed.
#include "datasets/audiobench.h"
#include "datasets/corpus.h"
#include "datasets/emodb.h"
#include "datasets/manifest.h"
#include "datasets/synthetic.h"

namespace undertone {

DatasetRegistry builtin_datasets() {
  DatasetRegistry registry("dataset");
  registry.add(synthetic_dataset());
  registry.add(emodb_dataset());
  registry.add(manifest_dataset());
  registry.add(audiobench_dataset());
  return registry;
}

}  // namespace undertone
