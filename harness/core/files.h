// Whole-file reading and atomic, durable writing.
#pragma once

#include <string>
#include <string_view>

namespace undertone {

// Throws Error{io} naming the path and what to do.
std::string read_file(const std::string& path);

// Writes a temporary beside `path`, fsyncs, renames over it and fsyncs the folder: a reader sees the old
// bytes or the new, never a part. A full disk leaves the old file. Passes crash points
// "write:PATHNAME:before" / ":renamed".
void write_file_atomically(const std::string& path, std::string_view bytes);

// Flushes a file or folder to the disk; throws Error{io}.
void sync_path(const std::string& path);

// Kills this process (SIGKILL) when UNDERTONE_CRASH_AT lists this point ("name", or "name#3": its third
// passage; several are parted by commas), and tells the file UNDERTONE_CRASH_LOG. Around every durable write:
// tests prove that resuming works.
void crash_point(std::string_view name);

}  // namespace undertone
