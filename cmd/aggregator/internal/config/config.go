// SPDX-License-Identifier: Apache-2.0

// Package config reads the settings of the aggregator, from a file, the
// environment and flags, into one typed value. Nothing else reads settings,
// and viper stops here.
package config

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"carescan/scanner"
)

// Config is every setting. All of them have a value that works.
type Config struct {
	Data     string       `mapstructure:"data"`     // folder of the database, the blobs and the keys
	Region   string       `mapstructure:"region"`   // name shown to people
	Language scanner.Lang `mapstructure:"language"` // of a first visit
	// SilentAfter is how long after its last bundle an establishment is silent.
	SilentAfter time.Duration `mapstructure:"silent_after"`
	Agent       Agent         `mapstructure:"agent"`
	Web         Web           `mapstructure:"web"`
}

// Agent is the interface that agents speak to.
type Agent struct {
	Listen string `mapstructure:"listen"`
	// URL is what agents reach it by; empty means the address listened on.
	URL string `mapstructure:"url"`
}

// Web is the interface that people use.
type Web struct {
	Listen string `mapstructure:"listen"`
	URL    string `mapstructure:"url"`
	// TLSCertFile and TLSKeyFile are a certificate people's browsers know; when
	// empty, the authority of the aggregator issues one.
	TLSCertFile string `mapstructure:"tls_cert_file"`
	TLSKeyFile  string `mapstructure:"tls_key_file"`
}

// setting is one key, its default and what it is for. The list is the only
// place where a key is written beside its field.
type setting struct {
	key     string
	initial any
	usage   scanner.Text
}

func settings() []setting {
	return []setting{
		{"data", "/var/lib/carescan-aggregator", scanner.Text{FR: "dossier de la base et des clés", EN: "folder of the database and the keys"}},
		{"region", "", scanner.Text{FR: "nom de la région, montré aux personnes", EN: "name of the region, shown to people"}},
		{"language", "fr", scanner.Text{FR: "langue d'une première visite : fr ou en", EN: "language of a first visit: fr or en"}},
		{"silent_after", 8 * 24 * time.Hour, scanner.Text{FR: "durée sans dossier après laquelle un établissement est silencieux", EN: "time without a bundle after which an establishment is silent"}},
		{"agent.listen", "127.0.0.1:8443", scanner.Text{FR: "adresse où les agents se connectent", EN: "address that agents reach"}},
		{"agent.url", "", scanner.Text{FR: "adresse de l'interface des agents, vue des agents", EN: "address of the agent interface as agents see it"}},
		{"web.listen", "127.0.0.1:8444", scanner.Text{FR: "adresse où les personnes se connectent", EN: "address that people reach"}},
		{"web.url", "", scanner.Text{FR: "adresse des pages, vue des personnes", EN: "address of the pages as people see it"}},
		{"web.tls_cert_file", "", scanner.Text{FR: "certificat des pages, PEM", EN: "certificate of the pages, PEM"}},
		{"web.tls_key_file", "", scanner.Text{FR: "clé privée des pages, PEM", EN: "private key of the pages, PEM"}},
	}
}

// envPrefix begins the name of every environment variable that is read:
// CARESCAN_AGGREGATOR_AGENT_LISTEN.
const envPrefix = "CARESCAN_AGGREGATOR"

// Flags adds a flag for the file and one for every setting, described in a
// language.
func Flags(flags *pflag.FlagSet, l scanner.Lang) {
	flags.String("config", "", scanner.Text{FR: "fichier de réglages, YAML", EN: "settings file, YAML"}.In(l))
	for _, s := range settings() {
		flags.String(flagName(s.key), fmt.Sprint(s.initial), s.usage.In(l))
	}
}

func flagName(key string) string { return strings.NewReplacer(".", "-", "_", "-").Replace(key) }

// Load reads the settings: a flag wins over the environment, the environment
// over the file, the file over the defaults.
func Load(flags *pflag.FlagSet) (Config, error) {
	v := viper.NewWithOptions(viper.EnvKeyReplacer(strings.NewReplacer(".", "_")))
	v.SetEnvPrefix(envPrefix)
	v.AutomaticEnv()
	for _, s := range settings() {
		v.SetDefault(s.key, s.initial)
		if err := v.BindPFlag(s.key, flags.Lookup(flagName(s.key))); err != nil {
			return Config{}, fmt.Errorf("bind setting %s: %w", s.key, err)
		}
	}
	if err := readFile(v, flags); err != nil {
		return Config{}, err
	}
	var c Config
	if err := v.UnmarshalExact(&c, exact); err != nil {
		return Config{}, fmt.Errorf("read settings: %w", err)
	}
	return c, c.Validate()
}

func readFile(v *viper.Viper, flags *pflag.FlagSet) error {
	path, err := flags.GetString("config")
	if err != nil || path == "" {
		return err
	}
	v.SetConfigFile(path)
	v.SetConfigType("yaml")
	if err := v.ReadInConfig(); err != nil {
		return fmt.Errorf("read settings file %s: %w", path, err)
	}
	return nil
}

// exact keeps durations the only text that is converted.
func exact(d *mapstructure.DecoderConfig) {
	d.DecodeHook = mapstructure.StringToTimeDurationHookFunc()
	d.WeaklyTypedInput = false
}

// Validate tells the first setting that cannot work.
func (c Config) Validate() error {
	if c.Data == "" {
		return errors.New("setting data: a folder is needed")
	}
	if !slices.Contains(scanner.Langs(), c.Language) {
		return fmt.Errorf("setting language: %q is neither fr nor en", c.Language)
	}
	if c.SilentAfter <= 0 {
		return errors.New("setting silent_after: a positive time is needed, such as 192h")
	}
	return errors.Join(
		checkAddress("agent.listen", c.Agent.Listen), checkURL("agent.url", c.Agent.URL),
		checkAddress("web.listen", c.Web.Listen), checkURL("web.url", c.Web.URL), c.Web.checkTLS())
}

func checkAddress(key, address string) error {
	if _, _, err := net.SplitHostPort(address); err != nil {
		return fmt.Errorf("setting %s: %w", key, err)
	}
	return nil
}

func checkURL(key, text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return fmt.Errorf("setting %s: %q is not an address of the form https://name:port", key, text)
	}
	return nil
}

func (w Web) checkTLS() error {
	if (w.TLSCertFile == "") != (w.TLSKeyFile == "") {
		return errors.New("settings web.tls_cert_file and web.tls_key_file go together")
	}
	if w.TLSCertFile == "" {
		return nil
	}
	_, err := w.Certificate()
	return err
}

// Certificate reads the certificate of the pages.
func (w Web) Certificate() (*tls.Certificate, error) {
	c, err := tls.LoadX509KeyPair(w.TLSCertFile, w.TLSKeyFile)
	if err != nil {
		return nil, fmt.Errorf("setting web.tls_cert_file: %w", err)
	}
	return &c, nil
}
