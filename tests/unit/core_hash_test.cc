#include "harness/core/hash.h"

#include <gtest/gtest.h>
#include <filesystem>

#include "harness/core/error.h"
#include "harness/core/files.h"
#include "harness/core/sha256.h"
#include "tests/support/test_data.h"

namespace undertone {
namespace {

// FIPS 180-4 examples and the NIST long message of a million "a".
TEST(Sha256, PublishedVectors) {
  EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(sha256_hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  EXPECT_NE(sha256_hex(std::string("a\0b", 3)), sha256_hex("a")) << "zero bytes count";
}

// Every length around the block's ends, fed whole and in pieces.
TEST(Sha256, PortableFormGivesTheSameDigests) {
  const auto digest = [](std::string_view bytes, std::size_t piece) {
    const auto h = portable_sha256();
    for (std::size_t i = 0; i < bytes.size(); i += piece) h->update(bytes.substr(i, piece));
    std::string out;
    for (const std::uint8_t byte : h->finish()) {
      out += "0123456789abcdef"[byte >> 4];
      out += "0123456789abcdef"[byte & 15];
    }
    return out;
  };
  EXPECT_EQ(digest("abc", 3), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  std::string bytes;
  for (int n = 0; n <= 200; ++n) {
    EXPECT_EQ(digest(bytes, 1000), sha256_hex(bytes)) << n;
    EXPECT_EQ(digest(bytes, 7), sha256_hex(bytes)) << n;
    bytes += static_cast<char>(n * 37 + 11);
  }
}

TEST(Sha256, FileIsStreamed) {
  const test::TemporaryFolder folder;
  const std::string bytes(3'000'001, 'x');  // more than one buffer, and not a whole number of them
  write_file_atomically(folder / "f", bytes);
  EXPECT_EQ(sha256_file(folder / "f"), sha256_hex(bytes));
  EXPECT_THROW(sha256_file(folder / "none"), Error);
}

TEST(Sha256, FolderDependsOnNamesAndBytesOnly) {
  namespace fs = std::filesystem;
  const test::TemporaryFolder a, b;
  fs::create_directory(a / "s");
  write_file_atomically(a / "s/x", "1");
  write_file_atomically(a / "y", "2");
  write_file_atomically(b / "y", "2");
  fs::create_directory(b / "s");
  write_file_atomically(b / "s/x", "1");
  const std::string before = sha256_folder(a.path());
  EXPECT_EQ(before, sha256_folder(b.path())) << "the order of making does not count";
  write_file_atomically(b / "y", "3");
  EXPECT_NE(before, sha256_folder(b.path()));
  fs::rename(a / "y", a / "z");
  EXPECT_NE(before, sha256_folder(a.path()));
  fs::create_symlink(a / "z", a / "link");
  EXPECT_THROW(sha256_folder(a.path()), Error);
}

}  // namespace
}  // namespace undertone
