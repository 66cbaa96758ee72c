'use strict';
// What is read only when it is needed: one literal require per binary of the package, and one for the kernels of the js
// backend, so that bundlers and file tracers see them. This file lies one folder below the package root in the sources
// (src) and in the package (dist) alike.

/** The package root, where `build` and `prebuilds` are. */
exports.root = require('node:path').join(__dirname, '..');

/** Loads the binary of a platform key such as `linux-x64.glibc`; undefined when the package has none for it. */
exports.load = (key) => {
  switch (key) {
    case 'linux-x64.glibc': return require('../prebuilds/linux-x64/flambeau.glibc.node');
    case 'linux-x64.musl': return require('../prebuilds/linux-x64/flambeau.musl.node');
    case 'linux-arm64.glibc': return require('../prebuilds/linux-arm64/flambeau.glibc.node');
    case 'linux-arm64.musl': return require('../prebuilds/linux-arm64/flambeau.musl.node');
    case 'darwin-x64': return require('../prebuilds/darwin-x64/flambeau.node');
    case 'darwin-arm64': return require('../prebuilds/darwin-arm64/flambeau.node');
    case 'win32-x64': return require('../prebuilds/win32-x64/flambeau.node');
    case 'win32-arm64': return require('../prebuilds/win32-arm64/flambeau.node');
    default: return undefined;
  }
};

/** The kernels of the js backend over the modules they share with the rest; only the package has that file. */
exports.makeJsBackend = (shared) => require('./js-backend.cjs')(shared);
