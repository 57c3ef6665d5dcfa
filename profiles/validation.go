// SPDX-License-Identifier: Apache-2.0

package profiles

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

func (s *Set) validate() error {
	known := func(id string) bool { _, ok := s.checks[id]; return ok }
	for _, id := range slices.Sorted(maps.Keys(s.catalogs)) {
		if err := s.catalogs[id].validate(known); err != nil {
			return fmt.Errorf("catalog %q: %w", id, err)
		}
	}
	for _, p := range s.Profiles() {
		if err := s.validateProfile(p); err != nil {
			return fmt.Errorf("profile %q: %w", p.ID, err)
		}
	}
	return nil
}

func (s *Set) validateProfile(p Profile) error {
	if p.ID == "" || p.Version == "" || p.Title.FR == "" || p.Title.EN == "" || len(p.Catalogs) == 0 {
		return errors.New("id, version, title in both languages and catalogs are needed")
	}
	if p.Every < time.Hour {
		return fmt.Errorf("every is %s: the shortest rhythm is 1h", p.Every)
	}
	for _, id := range p.Catalogs {
		if _, ok := s.catalogs[id]; !ok {
			return fmt.Errorf("catalog %q does not exist", id)
		}
	}
	return s.validateParameters(p)
}

func (s *Set) validateParameters(p Profile) error {
	for _, id := range slices.Sorted(maps.Keys(p.Parameters)) {
		check, ok := s.checks[id]
		if !ok {
			return fmt.Errorf("parameters are set for check %q, which does not exist", id)
		}
		raw, err := rawParams(p, id)
		if err != nil {
			return fmt.Errorf("parameters of check %q: %w", id, err)
		}
		if err := check.Judge.AcceptParams(raw); err != nil {
			return fmt.Errorf("parameters of check %q: %w", id, err)
		}
	}
	return nil
}
