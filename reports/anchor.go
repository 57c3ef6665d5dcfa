// SPDX-License-Identifier: Apache-2.0

package reports

import "strings"

// AnchorBundle is where a document speaks of its sealed bundle. The anchors let
// every statement be walked back: sentence → finding → observation → artifact →
// bundle.
const AnchorBundle = "bundle"

// AnchorFinding is where a document speaks of a finding.
func AnchorFinding(fingerprint string) string { return "finding-" + short(fingerprint) }

// AnchorObservation is where a document lists an observation.
func AnchorObservation(id string) string { return id }

// AnchorArtifact is where a document lists an artifact.
func AnchorArtifact(digest string) string {
	return "artifact-" + short(strings.TrimPrefix(digest, "sha256:"))
}

func short(hash string) string { return hash[:min(len(hash), 16)] }
