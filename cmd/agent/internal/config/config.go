// SPDX-License-Identifier: Apache-2.0

// Package config reads agent.yaml strictly into one typed value: the sections of
// the whole run, one file each here, and those of the sources of facts, which come
// in as values. Viper stops here: nobody else reads configuration.
package config

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/viper"

	"carescan/scanner"
	"carescan/scanner/settings"
)

// Config is everything an agent may be told. Zero values work wherever the
// documentation of a section does not say otherwise.
type Config struct {
	State          string // folder of keys and spool
	Profile        string
	ProfilesFolder string // operator's own profiles and catalogs
	Vantage        scanner.Vantage
	StatusAddress  string        // loopback page of the daemon
	Establishment  Establishment // who is assessed
	Scope          Scope         // needed to contact anything
	Targets        Targets       // what to look at, inside the scope
	Network        Network       // how to reach it
	Intrusive      Intrusive     // permission for looks of level P3; none by default
	Lists          Lists         // public lists, newer than the embedded ones
	Schedule       Schedule
	Uplink         Uplink
	// Sources is what each source of facts was told, by the name of its section.
	Sources map[string]settings.Part
	// written tells where in the file each key stands.
	written settings.File
	// origins are the flags and variables that won over the file, by key.
	origins map[string]string
}

// Source is the section of a source of facts.
type Source struct {
	settings.Section
	// Fresh makes the settings of who says nothing.
	Fresh func() settings.Part
}

// Told is what a source was told: the one section whose settings are an S.
func Told[S any](c Config) S {
	for _, part := range c.Sources {
		if told, ok := any(part).(*S); ok {
			return *told
		}
	}
	var nothing S
	return nothing
}

// part is one section and where it is read into.
type part struct {
	settings.Section
	into any // a pointer; a settings.Part except for single values
}

// parts lists the sections in the order of the example: the whole run's, then
// those of the sources.
func (c *Config) parts(sources []Source) []part {
	parts := []part{
		{stateSection, &c.State},
		{profileSection, &c.Profile},
		{profilesFolderSection, &c.ProfilesFolder},
		{vantageSection, &c.Vantage},
		{statusAddressSection, &c.StatusAddress},
		{establishmentSection, &c.Establishment},
		{scopeSection, &c.Scope},
		{targetsSection, &c.Targets},
		{intrusiveSection, &c.Intrusive},
		{networkSection, &c.Network},
		{listsSection, &c.Lists},
		{scheduleSection, &c.Schedule},
		{uplinkSection, &c.Uplink},
	}
	for _, s := range sources {
		parts = append(parts, part{s.Section, c.Sources[s.Name]})
	}
	return parts
}

// fresh is a configuration that says nothing yet.
func fresh(sources []Source) Config {
	c := Config{Sources: map[string]settings.Part{}}
	for _, s := range sources {
		c.Sources[s.Name] = s.Fresh()
	}
	return c
}

// Default is the configuration of an agent without a file.
func Default(sources []Source) Config {
	c := fresh(sources)
	c.Vantage = scanner.VantageInternet
	return c.complete(".")
}

// Load reads a configuration file strictly. CARESCAN_STATE and CARESCAN_PROFILE, when
// set, win over the file. Relative paths start at the file's folder. The error is
// settings.Faults, each with its line.
func Load(file string, sources []Source) (Config, error) {
	c := fresh(sources)
	parts := c.parts(sources)
	written, err := read(file, parts)
	if err != nil {
		return Config{}, err
	}
	c.written = written
	v := viper.New()
	v.SetEnvPrefix("CARESCAN")
	if err := errors.Join(v.BindEnv(stateSection.Name), v.BindEnv(profileSection.Name)); err != nil {
		return Config{}, fmt.Errorf("bind environment: %w", err)
	}
	for _, single := range []struct {
		key   string
		value *string
	}{{stateSection.Name, &c.State}, {profileSection.Name, &c.Profile}} {
		if said := v.GetString(single.key); said != "" {
			*single.value = said
			c = c.From("CARESCAN_"+strings.ToUpper(single.key), single.key)
		}
	}
	return c.complete(filepath.Dir(file)), nil
}

// From notes that a flag or a variable gave what stands at a key and below it.
func (c Config) From(origin, key string) Config {
	c.origins = maps.Clone(c.origins)
	if c.origins == nil {
		c.origins = map[string]string{}
	}
	c.origins[key] = origin
	return c
}

// Place gives faults, which know their key, the place where it was written: a line
// of the file, a flag or a variable.
func (c Config) Place(faults settings.Faults) settings.Faults {
	placed := slices.Clone(faults)
	for i, fault := range placed {
		for key, origin := range c.origins {
			if rest, ok := strings.CutPrefix(fault.Key, key); ok && fault.File == "" && (rest == "" || strings.ContainsAny(rest[:1], ".[")) {
				placed[i].File = origin
			}
		}
	}
	return c.written.Place(placed)
}

// read brings a file into all sections at once: they are put side by side in one
// struct, so that a key of none of them is told, with the nearest one.
func read(file string, parts []part) (settings.File, error) {
	fields := make([]reflect.StructField, len(parts))
	for i, p := range parts {
		fields[i] = reflect.StructField{
			Name: fmt.Sprintf("Section%d", i), Type: reflect.TypeOf(p.into).Elem(),
			Tag: reflect.StructTag(fmt.Sprintf("yaml:%q", p.Name)),
		}
	}
	whole := reflect.New(reflect.StructOf(fields))
	for i, p := range parts {
		whole.Elem().Field(i).Set(reflect.ValueOf(p.into).Elem())
	}
	written, err := settings.Read(file, whole.Interface())
	for i, p := range parts {
		reflect.ValueOf(p.into).Elem().Set(whole.Elem().Field(i))
	}
	if faults, ok := errors.AsType[settings.Faults](err); ok {
		err = explainRemoved(faults)
	}
	return written, err
}

// removed are keys of former versions, and what to do about each.
var removed = map[string]scanner.Text{
	"network.rate_per_host": {
		FR: "retirez cette ligne : les connexions et les requêtes ont un seul débit, « network.request_rate »",
		EN: `remove this line: connections and requests have one rate, "network.request_rate"`,
	},
	"templates.rate": {
		FR: "retirez cette ligne : les modèles suivent le débit commun, « network.request_rate »",
		EN: `remove this line: templates follow the common rate, "network.request_rate"`,
	},
}

// explainRemoved tells of a key that once had an effect that it has none any more:
// the nearest known one would be a wrong guess.
func explainRemoved(faults settings.Faults) settings.Faults {
	explained := slices.Clone(faults)
	for i, f := range explained {
		if hint, gone := removed[f.Key]; gone {
			explained[i].What = settings.Say("cette clé n'a plus d'effet", "this key has no effect any more")
			explained[i].Hint = hint
		}
	}
	return explained
}

// complete fills the defaults and makes paths start at a folder.
func (c Config) complete(folder string) Config {
	c.State = cmp.Or(c.State, stateSection.Keys[""].Default)
	c.Profile = cmp.Or(c.Profile, profileSection.Keys[""].Default)
	c.Vantage = cmp.Or(c.Vantage, scanner.Vantage(vantageSection.Keys[""].Default))
	c.StatusAddress = cmp.Or(c.StatusAddress, statusAddressSection.Keys[""].Default)
	c.Network.ConfirmAfter = cmp.Or(c.Network.ConfirmAfter, scanner.ConfirmDelay)
	for _, path := range c.filePaths() {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(folder, *path)
		}
	}
	return c
}

func (c *Config) filePaths() []*string {
	paths := slices.Concat([]*string{&c.State, &c.ProfilesFolder}, c.Network.FilePaths(), c.Lists.FilePaths())
	for _, part := range c.Sources {
		paths = append(paths, part.FilePaths()...)
	}
	return paths
}

// Validate names everything that could not be run, each fault at its place in the
// file. Warnings are for a person and block nothing.
func (c Config) Validate() (warnings, faults settings.Faults) {
	faults = append(faults, c.validateVantage()...)
	faults = append(faults, validateStatusAddress(c.StatusAddress)...)
	for _, p := range c.parts(nil) {
		if own, ok := p.into.(settings.Part); ok {
			faults = append(faults, own.Validate().Below(p.Name)...)
		}
	}
	names := slices.Sorted(maps.Keys(c.Sources))
	for _, name := range names {
		faults = append(faults, c.Sources[name].Validate().Below(name)...)
	}
	return c.Place(c.Establishment.doubts().Below(establishmentSection.Name)), c.Place(faults)
}

// Documented is one section as its documentation is composed.
type Documented struct {
	settings.Section
	Value any // what it is read into, with the defaults
}

// Documentation lists every section, in the order of the example.
func Documentation(sources []Source) []Documented {
	c := fresh(sources).complete(".")
	var list []Documented
	for _, p := range c.parts(sources) {
		list = append(list, Documented{p.Section, reflect.ValueOf(p.into).Elem().Interface()})
	}
	return list
}
