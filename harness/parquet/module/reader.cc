#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>
#include <parquet/exception.h>

#include <limits>
#include <optional>
#include <set>

#include "harness/parquet/module/module_parts.h"

namespace undertone::parquet_module {
namespace {

template <class Array>
std::string number(const arrow::Array& a, std::int64_t i) {
  return fmt::format("{}", static_cast<const Array&>(a).Value(i));
}

// The text of a cell; nullopt where nothing stands there.
std::optional<std::string> text_of(const arrow::Array& a, std::int64_t i) {
  if (a.IsNull(i)) return std::nullopt;
  switch (a.type_id()) {
    case arrow::Type::STRING:
      return std::string(static_cast<const arrow::StringArray&>(a).GetView(i));
    case arrow::Type::LARGE_STRING:
      return std::string(static_cast<const arrow::LargeStringArray&>(a).GetView(i));
    case arrow::Type::DOUBLE:
      return number<arrow::DoubleArray>(a, i);
    case arrow::Type::FLOAT:
      return number<arrow::FloatArray>(a, i);
    case arrow::Type::INT64:
      return number<arrow::Int64Array>(a, i);
    case arrow::Type::INT32:
      return number<arrow::Int32Array>(a, i);
    case arrow::Type::UINT64:
      return number<arrow::UInt64Array>(a, i);
    case arrow::Type::UINT32:
      return number<arrow::UInt32Array>(a, i);
    case arrow::Type::BOOL:
      return static_cast<const arrow::BooleanArray&>(a).Value(i) ? "true" : "false";
    case arrow::Type::DICTIONARY: {
      const auto& d = static_cast<const arrow::DictionaryArray&>(a);
      return text_of(*d.dictionary(), d.GetValueIndex(i));
    }
    default: {  // small integers, halves, decimals, dates, times
      const auto scalar = a.GetScalar(i);
      if (!scalar.ok()) return std::nullopt;
      return (*scalar)->ToString();
    }
  }
}

bool has_text(const arrow::DataType& type) {
  switch (type.id()) {
    case arrow::Type::NA:
    case arrow::Type::BINARY:
    case arrow::Type::LARGE_BINARY:
    case arrow::Type::FIXED_SIZE_BINARY:
    case arrow::Type::LIST:
    case arrow::Type::LARGE_LIST:
    case arrow::Type::FIXED_SIZE_LIST:
    case arrow::Type::MAP:
      return false;
    case arrow::Type::DICTIONARY:
      return has_text(*static_cast<const arrow::DictionaryType&>(type).value_type());
    default:
      return true;
  }
}

// A column of texts: the path of children to it, and where it goes.
struct Leaf {
  std::vector<int> path;
  std::size_t column;
};

void find_leaves(const arrow::FieldVector& fields, const std::string& prefix, std::vector<int>& path,
                 std::set<std::string>& seen, TableSink& sink, std::vector<Leaf>& out) {
  for (int i = 0; i < static_cast<int>(fields.size()); ++i) {
    const arrow::Field& f = *fields[static_cast<std::size_t>(i)];
    const std::string name = prefix.empty() ? f.name() : prefix + "." + f.name();
    path.push_back(i);
    if (f.type()->id() == arrow::Type::STRUCT) {
      find_leaves(f.type()->fields(), name, path, seen, sink, out);
    } else if (has_text(*f.type())) {
      if (!seen.insert(name).second)
        throw parquet::ParquetException(fmt::format("two columns are named '{}'", name));
      out.push_back({path, sink.column(name)});
    }
    path.pop_back();
  }
}

// The leaf's text in a row of the batch; a structure that is null has no fields.
std::optional<std::string> leaf_text(const arrow::RecordBatch& batch, const Leaf& leaf, std::int64_t row) {
  const arrow::Array* a = batch.column(leaf.path[0]).get();
  for (std::size_t k = 1; k < leaf.path.size(); ++k) {
    if (a->IsNull(row)) return std::nullopt;
    a = static_cast<const arrow::StructArray*>(a)->field(leaf.path[k]).get();
  }
  return text_of(*a, row);
}

void read_rows(std::string_view bytes, TableSink& sink) {
  auto source = std::make_shared<arrow::io::BufferReader>(std::make_shared<arrow::Buffer>(
      reinterpret_cast<const std::uint8_t*>(bytes.data()), static_cast<std::int64_t>(bytes.size())));
  PARQUET_ASSIGN_OR_THROW(const auto reader, parquet::arrow::OpenFile(source, arrow::default_memory_pool()));
  reader->set_use_threads(false);
  std::shared_ptr<arrow::Schema> schema;
  PARQUET_THROW_NOT_OK(reader->GetSchema(&schema));
  std::vector<Leaf> leaves;
  std::vector<int> path;
  std::set<std::string> seen;
  find_leaves(schema->fields(), "", path, seen, sink, leaves);
  PARQUET_ASSIGN_OR_THROW(const auto batches, reader->GetRecordBatchReader());
  std::uint32_t number = 0;
  for (;;) {
    std::shared_ptr<arrow::RecordBatch> batch;
    PARQUET_THROW_NOT_OK(batches->ReadNext(&batch));
    if (!batch) return;
    PARQUET_THROW_NOT_OK(batch->ValidateFull());  // texts in UTF-8, indices within their dictionary
    for (std::int64_t row = 0; row < batch->num_rows(); ++row) {
      if (number == std::numeric_limits<std::uint32_t>::max())
        throw parquet::ParquetException("more than 4,294,967,295 rows");
      sink.begin_row(++number);
      for (const Leaf& leaf : leaves)
        if (const auto text = leaf_text(*batch, leaf, row)) sink.set(leaf.column, *text);
    }
  }
}

}  // namespace

std::string read(std::string_view bytes, TableSink& sink) {
  try {
    read_rows(bytes, sink);
    return "";
  } catch (const std::exception& e) {
    return e.what();
  }
}

}  // namespace undertone::parquet_module
