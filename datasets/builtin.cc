// Every kind of dataset, in the order in which they are listed.
#include "datasets/corpus.h"
#include "datasets/synthetic.h"

namespace undertone {

DatasetRegistry builtin_datasets() {
  DatasetRegistry registry("dataset");
  registry.add(synthetic_dataset());
  return registry;
}

}  // namespace undertone
