// Decoding with the key-value cache against computing every prefix anew; and rows of a batch against each
// other.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "harness/model/decoder.h"

namespace undertone {
namespace {

const DecoderConfig kConfig{50, 3, 48, 6, 2, 8, 96, 10000, 1e-5, true};

at::Tensor prompt(std::int64_t length, const std::string& name) {
  return random_normal({length, kConfig.width}, 0.15, "cache", name);
}

at::Tensor batch_of(const std::vector<at::Tensor>& prompts, std::int64_t slots) {
  at::Tensor x = at::zeros({static_cast<std::int64_t>(prompts.size()) * slots, kConfig.width}, at::kFloat);
  for (std::size_t i = 0; i < prompts.size(); ++i)
    x.narrow(0, static_cast<std::int64_t>(i) * slots, prompts[i].size(0)).copy_(prompts[i]);
  return x;
}

TEST(Cache, EqualsRecomputingInEveryStepAndToken) {
  at::set_num_threads(1);  // as answering does
  const Decoder decoder = random_decoder(kConfig, "cache");
  const std::vector<at::Tensor> prompts{prompt(5, "a"), prompt(16, "b"), prompt(1, "c"), prompt(11, "d")};
  std::vector<std::int64_t> lengths;
  for (const at::Tensor& p : prompts) lengths.push_back(p.size(0));
  KeyValueCache cache;
  at::Tensor hidden = decoder_prefill(decoder, batch_of(prompts, 16), lengths, 16, 12, cache);
  std::vector<at::Tensor> sequences = prompts;
  for (int step = 0; step < 12; ++step) {
    const at::Tensor logits = decoder_logits(decoder, hidden), next = logits.argmax(1);
    for (std::size_t r = 0; r < prompts.size(); ++r) {
      const std::int64_t n = sequences[r].size(0);
      const at::Tensor anew = decoder_logits(
          decoder, decoder_forward(decoder, sequences[r], sequence_layout({n})).narrow(0, n - 1, 1));
      const auto row = static_cast<std::int64_t>(r);
      EXPECT_LT((anew[0] - logits[row]).abs().max().item<float>(), 1e-5f) << "row " << r << " step " << step;
      EXPECT_EQ(anew[0].argmax().item<std::int64_t>(), next[row].item<std::int64_t>());
      sequences[r] = at::cat({sequences[r], embed_tokens(decoder, next.narrow(0, row, 1))});
    }
    hidden = decoder_step(decoder, embed_tokens(decoder, next), cache);
  }
}

TEST(Cache, ARowDependsNeitherOnItsNeighboursNorOnItsPlace) {
  at::set_num_threads(1);  // as answering does
  const Decoder decoder = random_decoder(kConfig, "cache");
  const auto run = [&](const std::vector<at::Tensor>& prompts) {
    std::vector<std::int64_t> lengths;
    for (const at::Tensor& p : prompts) lengths.push_back(p.size(0));
    KeyValueCache cache;
    std::vector<at::Tensor> out{decoder_prefill(decoder, batch_of(prompts, 16), lengths, 16, 4, cache)};
    for (int step = 0; step < 4; ++step)
      out.push_back(
          decoder_step(decoder, embed_tokens(decoder, decoder_logits(decoder, out.back()).argmax(1)), cache));
    return out;
  };
  const at::Tensor mine = prompt(9, "mine");
  const auto alone = run({mine, at::zeros({1, 48}), at::zeros({1, 48}), at::zeros({1, 48})});
  const auto among = run({prompt(16, "x"), prompt(3, "y"), mine, prompt(12, "z")});
  for (std::size_t step = 0; step < alone.size(); ++step)
    EXPECT_TRUE(at::equal(alone[step][0], among[step][2])) << "step " << step;
}

TEST(Cache, SelectedRowsEqualAllRows) {
  at::set_num_threads(1);
  const Decoder decoder = random_decoder(kConfig, "cache");
  const at::Tensor x = prompt(9, "a"), rows = at::tensor({8, 2, 5}, at::kLong);
  const at::Tensor all = decoder_forward(decoder, x, sequence_layout({4, 5}));
  const at::Tensor some = decoder_forward(decoder, x, sequence_layout({4, 5}), rows);
  EXPECT_LT((all.index_select(0, rows) - some).abs().max().item<float>(), 1e-5f);
}

TEST(Cache, TrainingFormEqualsPaddedForm) {
  at::set_num_threads(1);  // as answering does
  const Decoder decoder = random_decoder(kConfig, "cache");
  const at::Tensor a = prompt(7, "a"), b = prompt(3, "b");
  const at::Tensor together = decoder_forward(decoder, at::cat({a, b}), sequence_layout({7, 3}));
  EXPECT_LT((together.narrow(0, 0, 7) - decoder_forward(decoder, a, sequence_layout({7})))
                .abs()
                .max()
                .item<float>(),
            1e-5f);
  EXPECT_LT((together.narrow(0, 7, 3) - decoder_forward(decoder, b, sequence_layout({3})))
                .abs()
                .max()
                .item<float>(),
            1e-5f);
}

}  // namespace
}  // namespace undertone
