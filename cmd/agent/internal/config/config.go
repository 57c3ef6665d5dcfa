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
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"time"

	"github.com/go-viper/mapstructure/v2"
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

// maxFile bounds a configuration file, in bytes.
const maxFile = 4 << 20

// Load reads a configuration file. CARESCAN_STATE and CARESCAN_PROFILE, when
// set, win over the file. Relative paths start at the file's folder.
func Load(file string, sources []Source) (Config, error) {
	info, err := os.Stat(file)
	if err != nil {
		return Config{}, fmt.Errorf("read configuration: %w", err)
	}
	if info.Size() > maxFile {
		return Config{}, fmt.Errorf("read configuration %s: larger than %d bytes", file, maxFile)
	}
	v := viper.NewWithOptions(viper.KeyDelimiter("::"))
	v.SetConfigFile(file)
	v.SetConfigType("yaml")
	v.SetEnvPrefix("CARESCAN")
	if err := errors.Join(v.BindEnv("state"), v.BindEnv("profile")); err != nil {
		return Config{}, fmt.Errorf("bind environment: %w", err)
	}
	if err := v.ReadInConfig(); err != nil {
		return Config{}, fmt.Errorf("read configuration %s: %w", file, err)
	}
	c := fresh(sources)
	parts := c.parts(sources)
	for key := range v.AllSettings() {
		if !slices.ContainsFunc(parts, func(p part) bool { return p.Name == key }) {
			return Config{}, fmt.Errorf("read configuration %s: unknown key %s", file, key)
		}
	}
	for _, p := range parts {
		if !v.IsSet(p.Name) {
			continue
		}
		if err := v.UnmarshalKey(p.Name, p.into, decodeHook, strictly); err != nil {
			return Config{}, fmt.Errorf("read configuration %s: %s: %w", file, p.Name, err)
		}
	}
	return c.complete(filepath.Dir(file)), nil
}

func strictly(c *mapstructure.DecoderConfig) { c.ErrorUnused, c.TagName = true, "yaml" }

var decodeHook = viper.DecodeHook(mapstructure.ComposeDecodeHookFunc(
	mapstructure.StringToTimeDurationHookFunc(),
	mapstructure.TextUnmarshallerHookFunc(),
	dateHook,
))

// dateHook reads a moment, or a day taken at midnight UTC.
func dateHook(from, to reflect.Type, value any) (any, error) {
	text, ok := value.(string)
	if !ok || to != reflect.TypeFor[time.Time]() || from.Kind() != reflect.String {
		return value, nil
	}
	if day, err := time.Parse(time.DateOnly, text); err == nil {
		return day, nil
	}
	return time.Parse(time.RFC3339, text)
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

// Validate names everything that could not be run. Warnings are for a person and
// block nothing.
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
	return c.Establishment.doubts().Below(establishmentSection.Name), faults
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
