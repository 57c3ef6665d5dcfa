// SPDX-License-Identifier: Apache-2.0

package scanner

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Fact is the typed content of an observation: plain data that can be stored
// for years. FactKind names it, and must not depend on its fields.
type Fact interface{ FactKind() string }

// Status says how a look ended.
type Status string

// The ways a look ends.
const (
	StatusCompleted Status = "completed" // everything asked for was seen
	StatusPartial   Status = "partial"   // something was seen, Causes say why not all
	StatusError     Status = "error"     // we could not look, Causes say why
	StatusSkipped   Status = "skipped"   // we chose not to look, Causes say why
)

// Observation is one fact about one target at one moment.
type Observation struct {
	ID      string  `json:"id"`
	Kind    string  `json:"kind"` // kind of the fact
	Target  Target  `json:"target"`
	Vantage Vantage `json:"vantage"`
	// At is the moment of the look, in UTC; judgements take their clock here.
	At     time.Time `json:"at"`
	Probe  string    `json:"probe"`
	Status Status    `json:"status"`
	// Causes say why something was not seen; Why reads those of an observation
	// sealed before they existed too.
	Causes Causes `json:"causes,omitempty"`
	// Unread are the parts of the fact that were not wholly seen. Empty in a partial
	// observation, nobody knows which they are, and any part may be missing.
	Unread []Gap `json:"unread,omitempty"`
	// Error is the technical text behind the causes, in English: it is shown as a
	// detail, never in a sentence.
	Error string `json:"error,omitempty"`
	// Fact is the exact encoding that was sealed; absent when nothing was seen.
	Fact      json.RawMessage `json:"fact,omitempty"`
	Artifacts []ArtifactRef   `json:"artifacts,omitempty"`
}

// Gap is a part of a fact that was not wholly seen. The kind of fact names its
// parts; "suites/groups" is a part of "suites".
type Gap struct {
	Part   string `json:"part"`
	Causes Causes `json:"causes"`
}

// touches tells whether a gap is in one of some parts, or has one of them within.
func (g Gap) touches(parts []string) bool {
	return slices.ContainsFunc(parts, func(part string) bool { return within(part, g.Part) || within(g.Part, part) })
}

// within tells whether a part is another one, or a part of it.
func within(part, whole string) bool { return part == whole || strings.HasPrefix(part, whole+"/") }

// reading is an observation as a check sees it that reads some parts of the fact
// only: what the others lack does not spoil it. No part at all stands for the
// whole fact.
func (o Observation) reading(parts []string) Observation {
	if o.Status != StatusPartial || len(o.Unread) == 0 || len(parts) == 0 {
		return o
	}
	var causes Causes
	for _, gap := range o.Unread {
		if gap.touches(parts) {
			causes = append(causes, gap.Causes...)
		}
	}
	o.Causes = causes.Merge()
	if len(causes) == 0 {
		o.Status, o.Error = StatusCompleted, ""
	}
	return o
}

// Why lists the causes for which something was not seen. Without any in the
// observation it says that the technical text is all there is.
func (o Observation) Why() Causes {
	switch {
	case len(o.Causes) > 0:
		return o.Causes
	case o.Error != "":
		return Causes{{Code: CauseInDetail}}
	}
	return Causes{{Code: CauseNothing}}
}

// ArtifactRef names the raw bytes behind an observation.
type ArtifactRef struct {
	Digest    string `json:"digest"` // "sha256:" and 64 hexadecimal digits
	MediaType string `json:"media_type"`
	Name      string `json:"name"` // what a person calls it, for example "certificate chain"
	Size      int    `json:"size"` // bytes
	// Dropped says that the bytes were seen and are not kept: the run, or its
	// bundle, had no room for them. The digest still tells whether bytes found
	// elsewhere are the same.
	Dropped bool `json:"dropped,omitempty"`
}

// Artifact is the raw bytes behind an observation, with their name.
type Artifact struct {
	Ref  ArtifactRef
	Data []byte
}

// NewArtifact names bytes by their hash.
func NewArtifact(name, mediaType string, data []byte) Artifact {
	return Artifact{ArtifactRef{Digest: Digest(data), MediaType: mediaType, Name: name, Size: len(data)}, data}
}

// Digest returns the SHA-256 of bytes as "sha256:…".
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Saw makes the observation of a fact. Vantage, moment and probe are the
// engine's to fill before Identify.
func Saw(t Target, f Fact) (Observation, error) {
	raw, err := json.Marshal(f)
	if err != nil {
		return Observation{}, fmt.Errorf("encode fact %s of %s: %w", f.FactKind(), t.Key(), err)
	}
	return Observation{Kind: f.FactKind(), Target: t, Status: StatusCompleted, Fact: raw}, nil
}

// Identify returns the observation with the identifier of its content: the digest of its
// encoding without an identifier.
func (o Observation) Identify() Observation {
	o.ID = ""
	h := sha256.New()
	o.encode(h)
	o.ID = "obs-" + hex.EncodeToString(h.Sum(nil)[:12])
	return o
}

// encode writes what encoding/json would, without going through a fact that is written as
// it would write it already: facts are the most of an observation.
func (o Observation) encode(to io.Writer) {
	fact := o.Fact
	if !settled(fact) {
		// Encoding an Observation cannot fail: its only raw field came from Marshal.
		raw, _ := json.Marshal(o)
		_, _ = to.Write(raw)
		return
	}
	const mark = `,"fact":0` // which no text holds: its quotes would be escaped
	o.Fact = json.RawMessage("0")
	raw, err := json.Marshal(o)
	if err != nil {
		return
	}
	before, after, _ := bytes.Cut(raw, []byte(mark))
	for _, part := range [][]byte{before, []byte(mark[:len(mark)-1]), fact, after} {
		_, _ = to.Write(part) // a hash takes all
	}
}

// settled tells that encoding/json would write a JSON text as it is: nothing between its
// signs, and nothing in its strings that it escapes for the sake of web pages.
func settled(raw []byte) bool {
	for _, sign := range []string{"<", ">", "&", "\u2028", "\u2029"} {
		if bytes.Contains(raw, []byte(sign)) {
			return false
		}
	}
	inString := false
	for i := 0; i < len(raw); i++ {
		switch c := raw[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case !inString && c <= ' ':
			return false
		}
	}
	return len(raw) > 0
}

// Decode reads the fact of an observation into its type.
func Decode[F Fact](o Observation) (F, error) {
	var f F
	if o.Kind != f.FactKind() {
		return f, fmt.Errorf("observation %s holds %q, not %q", o.ID, o.Kind, f.FactKind())
	}
	if err := json.Unmarshal(o.Fact, &f); err != nil {
		return f, fmt.Errorf("read fact of observation %s: %w", o.ID, err)
	}
	return f, nil
}
