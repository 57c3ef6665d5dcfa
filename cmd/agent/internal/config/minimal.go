// SPDX-License-Identifier: Apache-2.0

package config

import _ "embed"

// Minimal is the configuration a person begins with: only what is needed to run. It
// can be read as it stands, with blanks for values, and contacts nothing.
//
//go:embed minimal.yaml
var Minimal string
