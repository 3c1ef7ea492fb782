# The dashboard (web/) as a source file: `npm ci` when the list of packages has changed, `vite build` when the page has,
# both in the build tree. Then CALLBOARD_PAGE_FILES is that file.
option(CALLBOARD_WEB "Put the dashboard into the program; needs Node.js and npm" ON)

if(CALLBOARD_WEB)
  find_program(NODE NAMES node nodejs)
  find_program(NPM npm)
  if(NOT NODE OR NOT NPM)
    message(FATAL_ERROR "The dashboard is built with Node.js: apt-get install nodejs npm, or configure with -DCALLBOARD_WEB=OFF")
  endif()
  set(web_source "${CMAKE_SOURCE_DIR}/web")
  set(web_build "${CMAKE_BINARY_DIR}/web")
  set(web_packages "${web_source}/package.json" "${web_source}/package-lock.json" "${web_source}/.npmrc")
  file(GLOB_RECURSE web_files CONFIGURE_DEPENDS "${web_source}/src/*" "${web_source}/public/*")
  set(web_top "${web_source}/index.html" "${web_source}/vite.config.ts" "${web_source}/tsconfig.json" "${web_source}/embed.mjs")
  add_custom_command(
    OUTPUT "${web_build}/packages.stamp"
    COMMAND ${CMAKE_COMMAND} -E make_directory "${web_build}"
    COMMAND ${CMAKE_COMMAND} -E copy ${web_packages} "${web_build}"
    COMMAND ${CMAKE_COMMAND} -E env npm_config_update_notifier=false "${NPM}" ci --prefix "${web_build}" --ignore-scripts --no-audit
            --no-fund --prefer-offline --loglevel=error
    COMMAND ${CMAKE_COMMAND} -E touch "${web_build}/packages.stamp"
    DEPENDS ${web_packages}
    WORKING_DIRECTORY "${CMAKE_BINARY_DIR}"
    COMMENT "Packages of the dashboard"
    VERBATIM)
  add_custom_command(
    OUTPUT "${web_build}/page_files.cpp"
    COMMAND ${CMAKE_COMMAND} -E rm -rf src public
    COMMAND ${CMAKE_COMMAND} -E copy_directory "${web_source}/src" src
    COMMAND ${CMAKE_COMMAND} -E copy_directory "${web_source}/public" public
    COMMAND ${CMAKE_COMMAND} -E copy ${web_top} .
    COMMAND "${NODE}" node_modules/vite/bin/vite.js build --outDir dist --emptyOutDir --logLevel warn
    COMMAND "${NODE}" embed.mjs dist page_files.cpp
    DEPENDS "${web_build}/packages.stamp" ${web_files} ${web_top}
    WORKING_DIRECTORY "${web_build}"
    COMMENT "The dashboard"
    VERBATIM)
  set(CALLBOARD_PAGE_FILES "${web_build}/page_files.cpp")
endif()
