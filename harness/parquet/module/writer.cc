#include <arrow/api.h>
#include <arrow/io/memory.h>
#include <parquet/arrow/writer.h>
#include <parquet/exception.h>

#include "harness/parquet/module/module_parts.h"

namespace undertone::parquet_module {
namespace {

std::shared_ptr<arrow::ArrayBuilder> builder_of(const TableColumn::Cells<std::string>&) {
  return std::make_shared<arrow::StringBuilder>();
}
std::shared_ptr<arrow::ArrayBuilder> builder_of(const TableColumn::Cells<double>&) {
  return std::make_shared<arrow::DoubleBuilder>();
}
std::shared_ptr<arrow::ArrayBuilder> builder_of(const TableColumn::Cells<std::int64_t>&) {
  return std::make_shared<arrow::Int64Builder>();
}
arrow::Status append(arrow::ArrayBuilder& b, const std::string& v) {
  return static_cast<arrow::StringBuilder&>(b).Append(v);
}
arrow::Status append(arrow::ArrayBuilder& b, double v) {
  return static_cast<arrow::DoubleBuilder&>(b).Append(v);
}
arrow::Status append(arrow::ArrayBuilder& b, std::int64_t v) {
  return static_cast<arrow::Int64Builder&>(b).Append(v);
}

template <class T>
std::shared_ptr<arrow::Array> array_of(const TableColumn::Cells<T>& cells) {
  const auto builder = builder_of(cells);
  for (const auto& cell : cells) PARQUET_THROW_NOT_OK(cell ? append(*builder, *cell) : builder->AppendNull());
  std::shared_ptr<arrow::Array> out;
  PARQUET_THROW_NOT_OK(builder->Finish(&out));
  return out;
}

void write_table(const std::vector<TableColumn>& columns, std::string& bytes) {
  arrow::FieldVector fields;
  arrow::ArrayVector arrays;
  for (const TableColumn& c : columns) {
    arrays.push_back(std::visit([](const auto& cells) { return array_of(cells); }, c.cells));
    fields.push_back(arrow::field(c.name, arrays.back()->type()));
  }
  const auto table = arrow::Table::Make(arrow::schema(fields), arrays);
  PARQUET_THROW_NOT_OK(table->ValidateFull());
  PARQUET_ASSIGN_OR_THROW(const auto out, arrow::io::BufferOutputStream::Create());
  const auto properties =
      parquet::WriterProperties::Builder().compression(parquet::Compression::SNAPPY)->build();
  // The schema of Arrow in the file keeps types apart that Parquet stores alike.
  const auto arrow_properties = parquet::ArrowWriterProperties::Builder().store_schema()->build();
  PARQUET_THROW_NOT_OK(parquet::arrow::WriteTable(*table, arrow::default_memory_pool(), out, 1 << 20,
                                                  properties, arrow_properties));
  PARQUET_ASSIGN_OR_THROW(const auto buffer, out->Finish());
  bytes = buffer->ToString();
}

}  // namespace

std::string write(const std::vector<TableColumn>& columns, std::string& bytes) {
  try {
    write_table(columns, bytes);
    return "";
  } catch (const std::exception& e) {
    return e.what();
  }
}

}  // namespace undertone::parquet_module

extern "C" const undertone::ParquetModule* undertone_parquet_module() {
  static const undertone::ParquetModule module{undertone::parquet_module::read,
                                               undertone::parquet_module::write};
  return &module;
}
