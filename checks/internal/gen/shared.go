// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"carescan/scanner"
)

// shared is what several checks say alike, told once beside the judgement they
// share: checks/internal/<package>/fr.md and en.md.
type shared struct {
	root  string // checks/internal
	pages map[string]sharedPage
}

type sharedPage struct{ fr, en map[string]scanner.Reason }

func readShared(root string) (shared, error) {
	files, err := filepath.Glob(filepath.Join(root, "*", "??.md"))
	if err != nil {
		return shared{}, err
	}
	s := shared{root, map[string]sharedPage{}}
	for _, file := range files {
		dir := filepath.Dir(file)
		if s.pages[filepath.Base(dir)], err = readSharedPage(dir); err != nil {
			return shared{}, fmt.Errorf("read what checks say alike in %s: %w", dir, err)
		}
	}
	return s, nil
}

func readSharedPage(dir string) (p sharedPage, err error) {
	if p.fr, err = readReasons(dir, scanner.French); err != nil {
		return sharedPage{}, err
	}
	if p.en, err = readReasons(dir, scanner.English); err != nil {
		return sharedPage{}, err
	}
	return p, compareReasons(p.fr, p.en)
}

func readReasons(dir string, l scanner.Lang) (map[string]scanner.Reason, error) {
	raw, err := os.ReadFile(filepath.Join(dir, string(l)+".md"))
	if err != nil {
		return nil, err
	}
	reasons, err := scanner.ParseReasons(l, string(raw))
	if err != nil {
		return nil, fmt.Errorf("read %s.md: %w", l, err)
	}
	typesetReasons(reasons, l)
	return reasons, nil
}

// merge adds to the pages of a check what is told once of the reasons that its
// code leads to. The page of a check may tell one in its own words, or give it a
// remedy of its own; the page of a shared package does so for those that it uses.
func (s shared) merge(dir string, own scanner.Papers) error {
	r, err := reachable(s.root, dir)
	if err != nil {
		return err
	}
	from := map[string]string{}
	for _, name := range r.shared() {
		for _, key := range keys(s.pages[name].fr) {
			if !r.words[key] {
				continue
			}
			if other, told := from[key]; told && !r.leads(name, other) {
				if !r.leads(other, name) {
					return fmt.Errorf("reason %q is told by both %s and %s: tell it in the page of the check", key, other, name)
				}
				continue
			}
			from[key] = name
		}
	}
	for key, name := range from {
		take(own.FR.Reasons, s.pages[name].fr, key)
		take(own.EN.Reasons, s.pages[name].en, key)
	}
	for _, key := range slices.Sorted(maps.Keys(r.said)) {
		if own.FR.Reasons[key].Message == "" {
			return fmt.Errorf("reason %q is concluded in the code, and told nowhere", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(own.FR.Reasons)) {
		if own.FR.Reasons[key].Message == "" {
			return fmt.Errorf("reason %q has a remedy, and is told nowhere", key)
		}
	}
	return rememberValues(own.FR.Reasons)
}

// rememberValues wants a remedy to show the values of its message only: those are
// given with every verdict of the reason, which the cases prove.
func rememberValues(reasons map[string]scanner.Reason) error {
	for _, key := range keys(reasons) {
		shown := placeholders(reasons[key].Message)
		for _, name := range placeholders(reasons[key].Remedy) {
			if !slices.Contains(shown, name) {
				return fmt.Errorf("remedy of reason %q shows {%s}, which its message does not", key, name)
			}
		}
	}
	return nil
}

// take keeps what the page of the check says of its own: the reason with its
// headline, its remedy, or both.
func take(own, shared map[string]scanner.Reason, key string) {
	r := shared[key]
	if told := own[key]; told.Message != "" {
		r.Headline, r.Message = told.Headline, told.Message
	}
	r.Remedy = cmp.Or(own[key].Remedy, r.Remedy)
	own[key] = r
}
