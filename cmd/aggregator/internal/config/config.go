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

	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"carescan/scanner"
	"carescan/scanner/settings"
)

// Config is every setting. All of them have a value that works.
type Config struct {
	Data     string       `yaml:"data"`     // folder of the database, the blobs and the keys
	Region   string       `yaml:"region"`   // name shown to people
	Language scanner.Lang `yaml:"language"` // of a first visit
	// ProfilesFolder holds the profiles and catalogs of the region, beside those shipped.
	ProfilesFolder string `yaml:"profiles_folder"`
	// SilentAfter is how long after its last look an establishment is silent.
	SilentAfter time.Duration `yaml:"silent_after"`
	// Rounds says who does what the region does by itself: BySelf or Apart.
	Rounds     string     `yaml:"rounds"`
	Agent      Agent      `yaml:"agent"`
	PKI        PKI        `yaml:"pki"`
	Web        Web        `yaml:"web"`
	Database   Database   `yaml:"database"`
	Monitoring Monitoring `yaml:"monitoring"`
	OIDC       OIDC       `yaml:"oidc"`
	Stamp      Stamp      `yaml:"stamp"`
}

// Who does the rounds of the region: serve itself, or programs apart.
const (
	BySelf = "serve"
	Apart  = "worker"
)

// Agent is the interface that agents speak to.
type Agent struct {
	Listen string `yaml:"listen"`
	// URL is what agents reach it by; empty means the address listened on.
	URL string `yaml:"url"`
	// Approve has every agent that enrols wait until a person approves it.
	Approve bool `yaml:"approve"`
}

// PKI is another PKI, whose certificates let agents enrol without a token.
type PKI struct {
	AnchorsFile   string `yaml:"anchors_file"`
	FINESSField   string `yaml:"finess_field"`
	FINESSPattern string `yaml:"finess_pattern"`
	NameField     string `yaml:"name_field"`
}

// Web is the interface that people use.
type Web struct {
	Listen string `yaml:"listen"`
	URL    string `yaml:"url"`
	// TLSCertFile and TLSKeyFile are a certificate people's browsers know; when
	// empty, the authority of the aggregator issues one.
	TLSCertFile string `yaml:"tls_cert_file"`
	TLSKeyFile  string `yaml:"tls_key_file"`
}

// Monitoring is the interface of the machines that watch the aggregator.
type Monitoring struct {
	Listen    string `yaml:"listen"` // empty for none
	TokenFile string `yaml:"token_file"`
}

// Stamp is who signs the time of the evidence log (RFC 3161): none, one or two
// authorities.
type Stamp struct {
	URL          string `yaml:"url"`
	CAFile       string `yaml:"ca_file"`
	SecondURL    string `yaml:"second_url"`
	SecondCAFile string `yaml:"second_ca_file"`
}

// Sections documents every setting, in the order of the file; the defaults are
// those in force.
func Sections() []settings.Section {
	return []settings.Section{
		{Name: "data", Keys: settings.Keys{"": {
			FR: "dossier de la base, des dossiers scellés et des clés", EN: "folder of the database, the sealed bundles and the keys",
			Default: "/var/lib/carescan-aggregator",
		}}},
		{Name: "region", Keys: settings.Keys{"": {
			FR: "nom de la région, montré aux personnes", EN: "name of the region, shown to people", Example: "Auvergne-Rhône-Alpes",
		}}},
		{Name: "language", Keys: settings.Keys{"": {
			FR: "langue d'une première visite : fr ou en", EN: "language of a first visit: fr or en", Default: "fr",
		}}},
		{Name: "profiles_folder", Keys: settings.Keys{"": {
			FR: "dossier de vos profils et référentiels, en plus de ceux livrés ; la région juge par eux", EN: "folder of your own profiles and catalogs, beside those shipped; the region judges by them",
			Example: "/etc/carescan/profils",
		}}},
		{Name: "silent_after", Keys: settings.Keys{"": {
			FR: "âge à partir duquel un regard est ancien, et l'établissement silencieux, avec son unité",
			EN: "age from which a look is old, and its establishment silent, with its unit", Default: "8d",
		}}},
		{Name: "rounds", Keys: settings.Keys{"": {
			FR: "qui fait les tâches de la région : serve lui-même, ou worker, lancé à part, sur PostgreSQL seulement",
			EN: "who does the rounds of the region: serve itself, or worker, started apart, on PostgreSQL only", Default: BySelf,
		}}},
		{
			Name: "agent",
			Is:   scanner.Text{FR: "L'interface à laquelle les agents parlent.", EN: "The interface that agents speak to."},
			Keys: settings.Keys{
				"listen": {FR: "adresse où les agents se connectent", EN: "address that agents reach", Default: "127.0.0.1:8443"},
				"url": {
					FR: "adresse de l'interface des agents, vue des agents ; à défaut, celle de listen",
					EN: "address of the agent interface as agents see it; without it, that of listen", Example: "https://agents.centre-regional.example",
				},
				"approve": {
					FR: "true : tout agent qui s'enrôle attend qu'une personne l'approuve, après comparaison d'un code par téléphone",
					EN: "true: every agent that enrols waits until a person approves it, having compared a code by telephone", Default: "false",
				},
			},
		},
		{
			Name: "pki",
			Is: scanner.Text{
				FR: "Une autre IGC (IGC-Santé, par exemple) dont les certificats enrôlent sans jeton.",
				EN: "Another PKI (the ministry's, for example) whose certificates enrol without a token.",
			},
			Keys: settings.Keys{
				"anchors_file": {
					FR: "autorités de confiance, PEM ; à défaut, un jeton est nécessaire", EN: "trust anchors, PEM; without them, a token is needed",
					Example: "/etc/carescan/igc-sante.pem",
				},
				"finess_field": {
					FR: "champ du certificat qui nomme l'établissement : subject.OU, subject.O, subject.CN, subject.serialNumber, subject.organizationIdentifier, san.dns, san.email ou san.uri",
					EN: "field of the certificate that names the establishment: subject.OU, subject.O, subject.CN, subject.serialNumber, subject.organizationIdentifier, san.dns, san.email or san.uri", Example: "subject.OU",
				},
				"finess_pattern": {
					FR: "expression régulière de tout ce champ, dont le seul groupe est le numéro FINESS", EN: "regular expression of that whole field, whose only group is the FINESS number",
					Example: "1([0-9A-B]{9})",
				},
				"name_field": {
					FR: "champ qui nomme l'agent ; à défaut, subject.CN", EN: "field that names the agent; without it, subject.CN", Example: "subject.CN",
				},
			},
		},
		{
			Name: "web",
			Is:   scanner.Text{FR: "Les pages que les personnes consultent.", EN: "The pages that people read."},
			Keys: settings.Keys{
				"listen": {FR: "adresse où les personnes se connectent", EN: "address that people reach", Default: "127.0.0.1:8444"},
				"url": {
					FR: "adresse des pages, vue des personnes ; à défaut, celle de listen",
					EN: "address of the pages as people see it; without it, that of listen", Example: "https://carescan.centre-regional.example",
				},
				"tls_cert_file": {
					FR: "certificat des pages, PEM ; à défaut, l'agrégateur en émet un", EN: "certificate of the pages, PEM; without it, the aggregator issues one",
					Example: "/etc/carescan/web.pem",
				},
				"tls_key_file": {FR: "clé privée des pages, PEM", EN: "private key of the pages, PEM", Example: "/etc/carescan/web.key"},
			},
		},
		databaseSection(),
		{
			Name: "monitoring",
			Is: scanner.Text{
				FR: "Ce que lit votre supervision, en HTTP : /health, /ready et /metrics (Prometheus), sans aucun nom.",
				EN: "What your monitoring reads, over HTTP: /health, /ready and /metrics (Prometheus), without any name.",
			},
			Keys: settings.Keys{
				"listen": {
					FR: "adresse où la supervision se connecte ; à défaut, aucune", EN: "address that monitoring reaches; without it, none",
					Example: "127.0.0.1:9464",
				},
				"token_file": {
					FR: "fichier du jeton (Bearer) que /metrics exige ; nécessaire hors de la boucle locale", EN: "file of the token (Bearer) that /metrics demands; needed beyond the loopback",
					Example: "/etc/carescan/supervision.jeton",
				},
			},
		},
		oidcSection(),
		{
			Name: "stamp",
			Is: scanner.Text{
				FR: "Qui horodate le journal de preuves (RFC 3161) : une ou deux autorités, dont une qualifiée eIDAS de préférence. Seule une empreinte leur est envoyée.",
				EN: "Who time-stamps the evidence log (RFC 3161): one or two authorities, one of them eIDAS-qualified if possible. A digest is all that they are sent.",
			},
			Keys: settings.Keys{
				"url": {
					FR: "adresse d'une autorité d'horodatage ; à défaut, rien n'est horodaté", EN: "address of a time-stamping authority; without it, nothing is time-stamped",
					Example: "https://horodatage.example/tsa",
				},
				"ca_file": {FR: "certificats racines de cette autorité, PEM", EN: "root certificates of that authority, PEM", Example: "/etc/carescan/horodatage.pem"},
				"second_url": {
					FR: "adresse d'une seconde autorité, qui témoigne quand la première manque", EN: "address of a second authority, which bears witness when the first does not",
					Example: "http://tsa.example/rfc3161",
				},
				"second_ca_file": {FR: "certificats racines de la seconde", EN: "root certificates of the second", Example: "/etc/carescan/horodatage-2.pem"},
			},
		},
	}
}

// documentation is what is said of every key, by its dotted path.
func documentation() settings.Keys {
	all := settings.Keys{}
	for _, section := range Sections() {
		for key, says := range section.Keys {
			all[strings.TrimSuffix(section.Name+"."+key, ".")] = says
		}
	}
	return all
}

// envPrefix begins the name of every environment variable that is read:
// CARESCAN_AGGREGATOR_AGENT_LISTEN.
const envPrefix = "CARESCAN_AGGREGATOR"

// inNames turns the dotted path of a key into the name of a variable.
var inNames = strings.NewReplacer(".", "_")

// inFlags turns it into the name of a flag: --agent-listen.
var inFlags = strings.NewReplacer(".", "-", "_", "-")

// Flags adds a flag for the file and one for every setting, described in a
// language.
func Flags(flags *pflag.FlagSet, l scanner.Lang) {
	flags.String("config", "", scanner.Text{FR: "fichier de réglages, YAML", EN: "settings file, YAML"}.In(l))
	for path, key := range documentation() {
		flags.String(inFlags.Replace(path), key.Default, scanner.Text{FR: key.FR, EN: key.EN}.In(l))
	}
}

// Load reads the settings: a flag wins over the environment, the environment
// over the file, the file over the defaults. Viper chooses between flag and
// variable; the strict reader alone gives a text its type, wherever it comes
// from. The error is settings.Faults.
func Load(flags *pflag.FlagSet) (Config, error) {
	var c Config
	for path, key := range documentation() {
		if key.Default == "" {
			continue
		}
		if err := settings.Set(&c, path, key.Default); err != nil {
			return Config{}, fmt.Errorf("default of a setting: %w", err)
		}
	}
	file, err := readFile(&c, flags)
	if err != nil {
		return Config{}, err
	}
	origins, faults, err := override(&c, flags)
	if err != nil {
		return Config{}, err
	}
	if len(faults) == 0 {
		faults = c.Validate()
	}
	for i := range faults {
		faults[i].File = origins[faults[i].Key]
	}
	return c, file.Place(faults).Err()
}

// override gives the settings what flags and variables say, and tells which of
// them gave each key.
func override(c *Config, flags *pflag.FlagSet) (origins map[string]string, faults settings.Faults, err error) {
	v := viper.NewWithOptions(viper.EnvKeyReplacer(inNames))
	v.SetEnvPrefix(envPrefix)
	v.AutomaticEnv()
	origins = map[string]string{}
	for _, path := range settings.Paths(*c) {
		flag := flags.Lookup(inFlags.Replace(path))
		if err := v.BindPFlag(path, flag); err != nil {
			return nil, nil, fmt.Errorf("bind setting %s: %w", path, err)
		}
		if !v.IsSet(path) {
			continue // neither flag nor variable
		}
		origins[path] = envPrefix + "_" + strings.ToUpper(inNames.Replace(path))
		if flag.Changed {
			origins[path] = "--" + flag.Name
		}
		err := settings.Set(c, path, v.GetString(path))
		if fault, ok := errors.AsType[settings.Fault](err); ok {
			faults = append(faults, fault)
		} else if err != nil {
			return nil, nil, err
		}
	}
	return origins, faults, nil
}

func readFile(c *Config, flags *pflag.FlagSet) (settings.File, error) {
	path, err := flags.GetString("config")
	if err != nil || path == "" {
		return settings.File{}, err
	}
	return settings.Read(path, c)
}

// Validate tells which settings cannot work.
func (c Config) Validate() (faults settings.Faults) {
	if c.Data == "" {
		faults.Add("data", settings.Say("un dossier est nécessaire", "a folder is needed"),
			settings.Say("écrivez par exemple data: %s", "write for example data: %s", documentation()["data"].Default))
	}
	if !slices.Contains(scanner.Langs(), c.Language) {
		faults.Add("language", settings.Say("%s n'est ni fr ni en", "%s is neither fr nor en", settings.Quoted(string(c.Language))),
			settings.Say("écrivez fr ou en", "write fr or en"))
	}
	switch {
	case c.Rounds != BySelf && c.Rounds != Apart:
		faults.Add("rounds", settings.Say("%s n'est ni serve ni worker", "%s is neither serve nor worker", settings.Quoted(c.Rounds)),
			settings.Say("écrivez serve", "write serve"))
	case c.Rounds == Apart && c.Database.Address == "":
		faults.Add("rounds", settings.Say("sur SQLite, serve seul fait les tâches : personne ne les ferait", "on SQLite serve alone does the rounds: nobody would do them"),
			settings.Say("écrivez serve, ou l'adresse d'une base PostgreSQL dans database.address", "write serve, or the address of a PostgreSQL database in database.address"))
	}
	for key, address := range map[string]string{"agent.listen": c.Agent.Listen, "web.listen": c.Web.Listen} {
		if _, _, err := net.SplitHostPort(address); err != nil {
			faults.Add(key, settings.Say("%s n'est pas une adresse suivie d'un port", "%s is not an address followed by a port", settings.Quoted(address)),
				settings.Say("écrivez par exemple 127.0.0.1:8443, ou :8443 pour toutes les adresses", "write for example 127.0.0.1:8443, or :8443 for every address"))
		}
	}
	for key, address := range map[string]string{"agent.url": c.Agent.URL, "web.url": c.Web.URL} {
		if !isOrigin(address) {
			faults.Add(key, settings.Say("%s n'est pas une adresse https", "%s is not an https address", settings.Quoted(address)),
				settings.Say("écrivez https://nom ou https://nom:port, sans rien après", "write https://name or https://name:port, with nothing after"))
		}
	}
	_, stamps := c.Stamp.Authorities()
	return slices.Concat(faults, c.Web.validateTLS(), c.Database.validate(), c.Monitoring.validate(), c.OIDC.validate(), stamps)
}

// validate wants a token wherever another machine can connect.
func (m Monitoring) validate() (faults settings.Faults) {
	if m.Listen == "" {
		if m.TokenFile != "" {
			faults.Add("monitoring.token_file", settings.Say("un jeton ne sert à rien sans adresse à écouter", "a token is of no use without an address to listen on"),
				settings.Say("écrivez aussi monitoring.listen, ou retirez token_file", "write monitoring.listen too, or remove token_file"))
		}
		return faults
	}
	host, _, err := net.SplitHostPort(m.Listen)
	switch ip := net.ParseIP(host); {
	case err != nil:
		faults.Add("monitoring.listen", settings.Say("%s n'est pas une adresse suivie d'un port", "%s is not an address followed by a port", settings.Quoted(m.Listen)),
			settings.Say("écrivez par exemple 127.0.0.1:9464", "write for example 127.0.0.1:9464"))
	case m.TokenFile == "" && (ip == nil || !ip.IsLoopback()):
		faults.Add("monitoring.listen", settings.Say("%s est joignable par d'autres machines, et aucun jeton n'est exigé", "%s is within reach of other machines, and no token is demanded", settings.Quoted(m.Listen)),
			settings.Say("écrivez monitoring.token_file, ou écoutez sur 127.0.0.1", "write monitoring.token_file, or listen on 127.0.0.1"))
	}
	return faults
}

// isOrigin accepts an https address without path, or none.
func isOrigin(address string) bool {
	if address == "" {
		return true
	}
	u, err := url.Parse(address)
	return err == nil && u.Scheme == "https" && u.Hostname() != "" && strings.Trim(u.Path, "/") == "" && u.RawQuery == ""
}

func (w Web) validateTLS() (faults settings.Faults) {
	switch {
	case w.TLSCertFile == "" && w.TLSKeyFile == "":
	case w.TLSCertFile == "" || w.TLSKeyFile == "":
		faults.Add("web", settings.Say("tls_cert_file et tls_key_file vont ensemble", "tls_cert_file and tls_key_file go together"),
			settings.Say("écrivez les deux, ou aucun", "write both, or neither"))
	default:
		if _, err := w.Certificate(); err != nil {
			faults = append(faults, settings.Fault{
				Key:    "web.tls_cert_file",
				What:   settings.Say("le certificat et sa clé ne sont pas utilisables", "the certificate and its key cannot be used"),
				Hint:   settings.Say("vérifiez les deux chemins, les droits de lecture, et que la clé est celle du certificat", "check both paths, the read rights, and that the key is that of the certificate"),
				Detail: err.Error(),
			})
		}
	}
	return faults
}

// Certificate reads the certificate of the pages.
func (w Web) Certificate() (*tls.Certificate, error) {
	c, err := tls.LoadX509KeyPair(w.TLSCertFile, w.TLSKeyFile)
	if err != nil {
		return nil, fmt.Errorf("read the certificate of the pages: %w", err)
	}
	return &c, nil
}
