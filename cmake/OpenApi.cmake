# The description of the REST interface (http/openapi/) as a source file. Then CALLBOARD_OPENAPI_FILE is that file.

set(openapi_source "${CMAKE_SOURCE_DIR}/http/openapi")
set(CALLBOARD_OPENAPI_FILE "${CMAKE_BINARY_DIR}/http/openapi_document.cpp")
file(GLOB openapi_parts CONFIGURE_DEPENDS "${openapi_source}/*.json")
add_custom_command(
  OUTPUT "${CALLBOARD_OPENAPI_FILE}"
  COMMAND "${CALLBOARD_PYTHON}" -B "${openapi_source}/assemble.py" --version "${PROJECT_VERSION}" --cpp "${CALLBOARD_OPENAPI_FILE}"
  DEPENDS "${openapi_source}/assemble.py" ${openapi_parts}
  COMMENT "The description of the REST interface"
  VERBATIM)
