# Where the launcher puts what it fetches.
set(UNDERTONE_USER_CACHE $ENV{HOME}/.cache/undertone)
if(NOT "$ENV{UNDERTONE_CACHE}" STREQUAL "")  # empty counts as unset, as in the launcher
  set(UNDERTONE_USER_CACHE $ENV{UNDERTONE_CACHE})
elseif(NOT "$ENV{XDG_CACHE_HOME}" STREQUAL "")
  set(UNDERTONE_USER_CACHE $ENV{XDG_CACHE_HOME}/undertone)
endif()
