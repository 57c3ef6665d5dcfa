// SPDX-License-Identifier: Apache-2.0

// Package profiles says which controls are assessed, with which parameters and
// how often. Law is data: catalogs and profiles are files, loaded strictly and
// refused when they name what does not exist.
package profiles

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"

	"carescan/scanner"
)

//go:embed *.yaml catalogs/*.yaml
var shipped embed.FS

// Profile is controls chosen, parameters set, rhythm.
type Profile struct {
	ID         string                    `yaml:"id"`
	Version    string                    `yaml:"version"`
	Title      scanner.Text              `yaml:"title"`
	Every      time.Duration             `yaml:"every"`
	Catalogs   []string                  `yaml:"catalogs"`
	Parameters map[string]map[string]any `yaml:"parameters"` // check id → parameter → value
}

// Set is every profile and catalog that can be used, with the checks they name.
type Set struct {
	profiles map[string]Profile
	catalogs map[string]Catalog
	checks   map[string]scanner.Check
}

// Load reads the profiles and catalogs shipped with the product, then those of
// the operator's folder, which may replace them by id; operator may be nil.
func Load(checks []scanner.Check, operator fs.FS) (*Set, error) {
	s := &Set{map[string]Profile{}, map[string]Catalog{}, map[string]scanner.Check{}}
	for _, c := range checks {
		s.checks[c.ID] = c
	}
	if err := s.read(shipped); err != nil {
		return nil, err
	}
	if operator != nil {
		if err := s.read(operator); err != nil {
			return nil, err
		}
	}
	return s, s.validate()
}

// Profiles lists the profiles by id.
func (s *Set) Profiles() []Profile {
	return slices.SortedFunc(maps.Values(s.profiles), func(a, b Profile) int { return bytes.Compare([]byte(a.ID), []byte(b.ID)) })
}

// Catalogs lists the catalogs of a profile, in its order.
func (s *Set) Catalogs(p Profile) []Catalog {
	var list []Catalog
	for _, id := range p.Catalogs {
		list = append(list, s.catalogs[id])
	}
	return list
}

// Profile finds a profile by id.
func (s *Set) Profile(id string) (Profile, error) {
	p, ok := s.profiles[id]
	if !ok {
		return p, fmt.Errorf("profile %q does not exist; known profiles: %q", id, slices.Sorted(maps.Keys(s.profiles)))
	}
	return p, nil
}

// Resolve fills the profile, checks and controls of a plan. Only the checks
// that some control names are run.
func (s *Set) Resolve(id string, plan scanner.Plan) (scanner.Plan, error) {
	p, err := s.Profile(id)
	if err != nil {
		return plan, err
	}
	var catalogs []scanner.CatalogRef
	for _, c := range s.Catalogs(p) {
		plan.Controls = append(plan.Controls, c.resolved()...)
		catalogs = append(catalogs, scanner.CatalogRef{ID: c.ID, Version: c.Version, Title: c.Title, Source: c.Source})
	}
	plan.Checks = s.plannedChecks(p, plan.Controls)
	digest, err := resolvedDigest(plan)
	if err != nil {
		return plan, fmt.Errorf("resolve profile %q: %w", id, err)
	}
	plan.Profile = scanner.ProfileRef{ID: p.ID, Version: p.Version, Digest: digest, Title: p.Title, Catalogs: catalogs}
	typeset(&plan)
	return plan, nil
}

// typeset sets the sentences of profiles and catalogs as they will be read. It comes
// after the digest, which is over what was written.
func typeset(plan *scanner.Plan) {
	plan.Profile.Title = plan.Profile.Title.Typeset()
	for i := range plan.Profile.Catalogs {
		plan.Profile.Catalogs[i].Title = plan.Profile.Catalogs[i].Title.Typeset()
	}
	for i := range plan.Controls {
		plan.Controls[i].Title = plan.Controls[i].Title.Typeset()
	}
}

func (s *Set) plannedChecks(p Profile, controls []scanner.Control) []scanner.PlannedCheck {
	named := map[string]bool{}
	for _, k := range controls {
		for _, id := range k.Checks {
			named[id] = true
		}
	}
	var planned []scanner.PlannedCheck
	for _, id := range slices.Sorted(maps.Keys(named)) {
		params, _ := rawParams(p, id) // validated at load
		planned = append(planned, scanner.PlannedCheck{Check: s.checks[id], Params: params})
	}
	return planned
}

// rawParams encodes the parameters a profile sets for a check; nil when none.
func rawParams(p Profile, check string) (json.RawMessage, error) {
	values, ok := p.Parameters[check]
	if !ok {
		return nil, nil
	}
	return json.Marshal(values)
}

// resolvedDigest is over what decides: controls, checks with revisions, parameters.
func resolvedDigest(plan scanner.Plan) (string, error) {
	type criterion struct {
		ID       string          `json:"id"`
		Revision int             `json:"revision"`
		Params   json.RawMessage `json:"params,omitempty"`
	}
	var criteria []criterion
	for _, c := range plan.Checks {
		criteria = append(criteria, criterion{c.ID, c.Revision, c.Params})
	}
	raw, err := json.Marshal([]any{plan.Controls, criteria})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(raw)
	return "sha256:" + hex.EncodeToString(sum[:]), nil
}

func (s *Set) read(folder fs.FS) error {
	if err := readEach(folder, ".", func(p Profile) { s.profiles[p.ID] = p }); err != nil {
		return err
	}
	return readEach(folder, "catalogs", func(c Catalog) { s.catalogs[c.ID] = c })
}

// maxFile bounds a profile or a catalog, in bytes: ten times the largest that is
// shipped. The YAML library takes two hundred times the letters of a hostile one.
const maxFile = 128 << 10

func readEach[T any](folder fs.FS, under string, keep func(T)) error {
	names, err := fs.Glob(folder, path.Join(under, "*.yaml"))
	if err != nil {
		return fmt.Errorf("list %s: %w", under, err)
	}
	for _, name := range names {
		raw, err := readBounded(folder, name)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		value, err := parse[T](raw)
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		keep(value)
	}
	return nil
}

// readBounded reads one byte more than is parsed, by which parse knows a larger file.
func readBounded(folder fs.FS, name string) ([]byte, error) {
	file, err := folder.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, maxFile+1))
}

// parse decodes exactly one YAML document without unknown keys.
func parse[T any](raw []byte) (value T, err error) {
	if len(raw) > maxFile {
		return value, fmt.Errorf("file is larger than %d bytes", maxFile)
	}
	decoder := yaml.NewDecoder(bytes.NewReader(raw))
	decoder.KnownFields(true)
	if err := decoder.Decode(&value); err != nil {
		return value, err
	}
	if decoder.Decode(new(any)) == nil {
		return value, errors.New("one document is expected, several were found")
	}
	return value, nil
}
