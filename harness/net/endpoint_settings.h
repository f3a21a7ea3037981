// What a suite says of a server, for whoever asks one: judges and systems.
#pragma once

#include <string>

#include "harness/core/fields.h"
#include "harness/net/endpoint.h"

namespace undertone {

struct EndpointSettings {
  EndpointChoice endpoint;
  std::string model;         // asked for, and part of the identity
  std::string served_model;  // the name that the server's replies carry, where it is another
  std::string service;       // a name of one's own for where it runs, part of the identity
  HttpSettings http;
  BudgetLimits budget;
  double input_price = 0, output_price = 0;  // per million tokens
};

// Declares and reads all of them but `model`; adds a problem for whatever cannot be. Paths are relative to
// the file that names them.
void endpoint_fields(FieldReader& reader, EndpointSettings& settings);

}  // namespace undertone
