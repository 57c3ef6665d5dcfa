// SPDX-License-Identifier: Apache-2.0

package reports

import "strings"

// AnchorBundle is where a document speaks of its sealed bundle. The anchors let
// every statement be walked back: sentence → finding → observation → artifact →
// bundle.
const AnchorBundle = "bundle"

// AnchorFinding is where a document speaks of a finding.
func AnchorFinding(fingerprint string) string { return "finding-" + short(fingerprint) }

// AnchorArtifact is where a document lists an artifact.
func AnchorArtifact(digest string) string {
	return "artifact-" + short(strings.TrimPrefix(digest, "sha256:"))
}

// AnchorSource is where a document says that a source is not declared.
func AnchorSource(key string) string { return "source-" + word(key) }

// AnchorControl is where a document speaks of a control. Official ids are freely
// written; an anchor has no room for all of it.
func AnchorControl(catalog, id string) string {
	return "control-" + word(catalog+"-"+id)
}

// word keeps what an anchor has room for.
func word(name string) string {
	return strings.Map(func(r rune) rune {
		if r == '.' || r == '_' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' {
			return r
		}
		return '-'
	}, name)
}

func short(hash string) string { return hash[:min(len(hash), 16)] }
