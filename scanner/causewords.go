// SPDX-License-Identifier: Apache-2.0

package scanner

// wording is a cause in words. A part in square brackets is said only when its
// value is known.
type wording struct {
	words  Text // a clause, which ends "The observation could not be made:"
	remedy Text // how to reach a verdict, never how to repair what nobody saw
}

// remedies that several causes share.
var (
	remedyFirewall = Text{
		"Vérifiez que le serveur est en service, puis autorisez l'adresse de l'agent dans le pare-feu ou l'équipement de protection qui le précède.",
		"Make sure that the server runs, then allow the address of the agent in the firewall or protection in front of it.",
	}
	remedyService = Text{
		"Vérifiez que le service déclaré est démarré, et que son adresse et son port sont les bons.",
		"Make sure that the declared service runs, and that its address and port are right.",
	}
	remedyZone = Text{
		"Vérifiez que le domaine déclaré est bien écrit et que ses serveurs DNS répondent à l'agent.",
		"Make sure that the declared domain is rightly written and that its DNS servers answer the agent.",
	}
	remedyAnswer = Text{
		"Vérifiez que le service déclaré est bien celui qui répond à cette adresse\u00a0; s'il l'est, signalez ce cas aux mainteneurs.",
		"Make sure that the declared service is the one that answers at this address; if it is, report this case to the maintainers.",
	}
	remedyFile = Text{
		"Corrigez le fichier à l'endroit indiqué, puis relancez un passage.",
		"Correct the file at the place given, then run again.",
	}
	remedyExport = Text{
		"Refaites l'export en CSV, encodé en UTF-8.",
		"Make the export again as CSV, encoded in UTF-8.",
	}
	remedyReading = Text{
		"Donnez au compte déclaré le droit de lire les groupes et leurs membres, et vérifiez que base_dn les contient.",
		"Give the declared account the right to read the groups and their members, and make sure that base_dn holds them.",
	}
	remedyProgram = Text{
		"Réinstallez carescan-templates avec la même version que l'agent, puis lancez la commande doctor.",
		"Install carescan-templates again in the version of the agent, then run the doctor command.",
	}
	remedyReport = Text{
		"Relancez un passage\u00a0; si cela se répète, transmettez le détail technique aux mainteneurs.",
		"Run again; if it happens once more, send the technical detail to the maintainers.",
	}
)

// causeWords is the closed table of what a cause says. A code may have variants,
// by its ValueReason.
var causeWords = map[CauseCode]wording{
	CauseTimeout: {
		Text{"aucune réponse n'est venue à temps[ ({where})]", "no answer came in time[ ({where})]"},
		remedyFirewall,
	},
	CauseRefused: {
		Text{"la connexion est refusée, rien n'écoute à cette adresse[ ({where})]", "the connection is refused, nothing listens at this address[ ({where})]"},
		remedyService,
	},
	CauseReset: {
		Text{"l'échange a été coupé avant sa fin[ ({where})]", "the exchange was cut before its end[ ({where})]"},
		remedyFirewall,
	},
	CauseUnreachable: {
		Text{"aucune route ne mène à cette adresse[ ({where})]", "no route leads to this address[ ({where})]"},
		Text{
			"Vérifiez l'adresse déclarée et le routage depuis la machine de l'agent, en IPv4 comme en IPv6.",
			"Check the declared address and the routes from the machine of the agent, over IPv4 and IPv6.",
		},
	},
	CauseBlockedHere: {
		Text{"la machine de l'agent interdit cette connexion[ ({where})]", "the machine of the agent forbids this connection[ ({where})]"},
		Text{
			"Autorisez le programme de l'agent dans le pare-feu de sa propre machine.",
			"Allow the program of the agent in the firewall of its own machine.",
		},
	},
	CauseCutOff: {
		Text{"les réponses se sont arrêtées pendant l'observation[ ({where})]", "the answers stopped during the look[ ({where})]"},
		Text{
			"Autorisez l'adresse de l'agent dans l'équipement de protection qui l'a sans doute bloqué, puis relancez un passage.",
			"Allow the address of the agent in the protection that probably blocked it, then run again.",
		},
	},
	CauseRateLimited: {
		Text{"le serveur demande moins de questions[ ({where})]", "the server asks for fewer questions[ ({where})]"},
		Text{
			"Relancez un passage plus tard, ou diminuez le débit de l'agent.",
			"Run again later, or lower the rate of the agent.",
		},
	},
	CausePutOff: {
		Text{"le serveur a répondu qu'il ne peut pas nous servir pour l'instant[, code {code}][ ({where})]", "the server answered that it cannot serve us for now[, code {code}][ ({where})]"},
		Text{
			"Relancez un passage plus tard\u00a0: un serveur de courrier fait souvent attendre les inconnus. Si cela dure, demandez à qui le tient d'accepter l'adresse de l'agent.",
			"Run again later: a mail server often makes strangers wait. If it lasts, ask whoever runs it to accept the address of the agent.",
		},
	},
	CauseNoAddress: {
		Text{"ce nom n'a pas d'adresse[ ({where})]", "this name has no address[ ({where})]"},
		Text{
			"Vérifiez que le nom déclaré est bien écrit et qu'il est toujours publié dans le DNS.",
			"Make sure that the declared name is rightly written and still published in the DNS.",
		},
	},
	CauseNoSuchName: {
		Text{"ce nom n'existe pas dans le DNS[ ({where})]", "this name does not exist in the DNS[ ({where})]"},
		Text{
			"Vérifiez que le nom déclaré est bien écrit et qu'il est toujours publié dans le DNS.",
			"Make sure that the declared name is rightly written and still published in the DNS.",
		},
	},
	CauseBadName: {
		Text{"ce n'est pas un nom qui peut être demandé au DNS[ ({where})]", "this is not a name that the DNS can be asked for[ ({where})]"},
		Text{
			"Corrigez le nom déclaré\u00a0: lettres, chiffres et tirets, sous sa forme ASCII.",
			"Correct the declared name: letters, digits and hyphens, in its ASCII form.",
		},
	},
	CauseDNSFailure: {
		Text{"le serveur DNS répond par une erreur[ {code}][ ({where})]", "the DNS server answers with an error[ {code}][ ({where})]"},
		remedyZone,
	},
	CauseNotInZone: {
		Text{"le serveur DNS ne répond pas pour ce domaine[ ({where})]", "the DNS server does not answer for this domain[ ({where})]"},
		remedyZone,
	},
	CauseNoServer: {
		Text{"aucun serveur à interroger n'est connu[ ({where})]", "no server to ask is known[ ({where})]"},
		remedyZone,
	},
	CauseNoResolver: {
		Text{"aucun résolveur DNS n'est déclaré[ ({where})]", "no DNS resolver is declared[ ({where})]"},
		Text{
			"Déclarez au moins un résolveur DNS dans la configuration (network.resolvers).",
			"Declare at least one DNS resolver in the configuration (network.resolvers).",
		},
	},
	CauseNotTLS: {
		Text{"ce qui répond ne parle pas TLS[ ({where})]", "what answers does not speak TLS[ ({where})]"},
		Text{
			"Vérifiez le port déclaré\u00a0: un service TLS y est attendu.",
			"Check the declared port: a TLS service is expected there.",
		},
	},
	CauseTLSRefused: {
		Text{"le serveur refuse la négociation TLS[, alerte {code}][ ({where})]", "the server refuses the TLS handshake[, alert {code}][ ({where})]"},
		Text{
			"Vérifiez que le service accepte TLS 1.2 ou une version plus récente, sous le nom déclaré.",
			"Make sure that the service accepts TLS 1.2 or later, under the declared name.",
		},
	},
	CauseTLSUnspoken: {
		Text{"le service ne parle qu'un TLS que ce programme ne sait pas parler[ ({where})]", "the service speaks only a TLS that this program cannot speak[ ({where})]"},
		Text{
			"Les vérifications TLS disent ce que parle ce service. Ce qu'il y a derrière se vérifie à la main, avec un client de son époque, ou après sa mise à jour.",
			"The TLS checks say what this service speaks. What is behind is to be checked by hand, with a client of its time, or once it is updated.",
		},
	},
	CauseBadCertificate: {
		Text{"le certificat présenté ne peut pas être accepté[ ({where})]", "the certificate shown cannot be accepted[ ({where})]"},
		Text{
			"Vérifiez le certificat du service, le nom déclaré et l'autorité déclarée (ca_file).",
			"Check the certificate of the service, the declared name and the declared authority (ca_file).",
		},
	},
	CauseBadCertificate + "/" + CertificateExpired: {
		Text{"le certificat présenté n'est pas en cours de validité[ ({where})]", "the certificate shown is not valid at this date[ ({where})]"},
		Text{
			"Renouvelez le certificat du service, et vérifiez l'horloge de la machine de l'agent.",
			"Renew the certificate of the service, and check the clock of the machine of the agent.",
		},
	},
	CauseBadCertificate + "/" + CertificateAuthority: {
		Text{"le certificat présenté vient d'une autorité inconnue de l'agent[ ({where})]", "the certificate shown comes from an authority the agent does not know[ ({where})]"},
		Text{
			"Déclarez le certificat de l'autorité dans la configuration (ca_file).",
			"Declare the certificate of the authority in the configuration (ca_file).",
		},
	},
	CauseBadCertificate + "/" + CertificateName: {
		Text{"le certificat présenté n'est pas au nom attendu[ ({where})]", "the certificate shown is not for the expected name[ ({where})]"},
		Text{
			"Déclarez le nom que porte le certificat du service (server_name), ou corrigez l'adresse déclarée.",
			"Declare the name the certificate of the service bears (server_name), or correct the declared address.",
		},
	},
	CauseBadCertificate + "/" + CertificateSignature: {
		Text{"le certificat présenté ou l'un de sa chaîne porte une signature que l'on sait contrefaire[ ({where})]", "the certificate shown or one of its chain carries a signature that can be forged[ ({where})]"},
		Text{
			"Faites réémettre ce certificat, signé en SHA-256.",
			"Have that certificate issued again, signed with SHA-256.",
		},
	},
	CauseBadCertificate + "/" + CertificateForm: {
		Text{"le certificat présenté est mal écrit, et l'agent ne peut rien échanger derrière lui[ ({where})]", "the certificate shown is written badly, and the agent can exchange nothing behind it[ ({where})]"},
		Text{
			"Faites réémettre le certificat du service par son autorité.",
			"Have the certificate of the service issued again by its authority.",
		},
	},
	CauseNotHTTP: {
		Text{"ce qui répond ne parle pas HTTP[ ({where})]", "what answers does not speak HTTP[ ({where})]"},
		Text{
			"Vérifiez l'adresse déclarée\u00a0: un site web y est attendu.",
			"Check the declared address: a web site is expected there.",
		},
	},
	CauseHTTPStatus: {
		Text{"le service répond par une erreur[, code {code}][ ({where})]", "the service answers with an error[, code {code}][ ({where})]"},
		Text{
			"Relancez un passage plus tard\u00a0; si cela dure, vérifiez l'adresse déclarée du service.",
			"Run again later; if it lasts, check the declared address of the service.",
		},
	},
	CauseElsewhere: {
		Text{"le service renvoie vers une autre adresse, qui n'est pas suivie[ ({where})]", "the service sends to another address, which is not followed[ ({where})]"},
		Text{
			"Déclarez l'adresse définitive du service.",
			"Declare the final address of the service.",
		},
	},
	CauseBadAnswer: {
		Text{"la réponse reçue est mal formée ou ne répond pas à la question[ ({where})]", "the answer received is malformed or answers another question[ ({where})]"},
		remedyAnswer,
	},
	CauseRefusedAnswer: {
		Text{"le serveur refuse de répondre à la question[, code {code}][ ({where})]", "the server refuses to answer the question[, code {code}][ ({where})]"},
		remedyFirewall,
	},
	CauseUnanswered: {
		Text{"une partie des demandes est restée sans réponse[ ({where})]", "a part of what was asked was left without answer[ ({where})]"},
		remedyFirewall,
	},
	CauseSameAnswer: {
		Text{
			"le site répond de la même façon à une adresse inventée, ce qui ne prouve rien[ ({where})]",
			"the site answers an invented address in the same way, which proves nothing[ ({where})]",
		},
		Text{
			"Faites examiner ces pages par une personne, ou faites répondre 404 par le site aux adresses qui n'existent pas.",
			"Have these pages examined by a person, or make the site answer 404 at addresses that do not exist.",
		},
	},
	CauseStandIn: {
		Text{
			"un équipement répond à la place de la machine[ ({where})]",
			"a device answers in place of the host[ ({where})]",
		},
		Text{
			"Demandez à l'équipe réseau que cet équipement laisse l'agent voir les vraies réponses, sans lui ouvrir de port, puis relancez un passage.",
			"Ask the network team to have this device let the agent see the true answers, without opening any port to it, then run again.",
		},
	},
	CauseTooLarge: {
		Text{"ce qui est à lire dépasse la taille permise[, {limit}][ ({where})]", "what is to be read is larger than allowed[, {limit}][ ({where})]"},
		Text{
			"Allégez le fichier ou la réponse\u00a0: au-delà de cette taille, rien n'est lu.",
			"Make the file or the answer smaller: above this size nothing is read.",
		},
	},
	CauseTooMany: {
		Text{"la liste est coupée[ à {limit}], le reste n'a pas été observé[ ({where})]", "the list is cut[ at {limit}], the rest was not looked at[ ({where})]"},
		Text{
			"Divisez ou resserrez ce qui est déclaré, pour que la liste tienne dans la limite.",
			"Split or narrow what is declared, so that the list fits within the limit.",
		},
	},
	CauseAccessDenied: {
		Text{"l'accès est refusé[, code {code}][ ({where})]", "access is denied[, code {code}][ ({where})]"},
		Text{
			"Donnez au compte déclaré le droit de lire, et seulement de lire, ce qui est à observer.",
			"Give the declared account the right to read, and only to read, what is to be looked at.",
		},
	},
	CauseBadCredentials: {
		Text{"l'identifiant ou le mot de passe déclaré n'est pas accepté[ ({where})]", "the declared account or password is not accepted[ ({where})]"},
		Text{
			"Corrigez le compte (bind_dn) et le mot de passe (password_file)\u00a0; vérifiez aussi que ce compte n'est ni expiré ni verrouillé.",
			"Correct the account (bind_dn) and the password (password_file); also make sure that the account is neither expired nor locked.",
		},
	},
	CauseSignInRefused: {
		Text{"le serveur refuse cette façon de s'identifier[ ({where})]", "the server refuses this way to sign in[ ({where})]"},
		Text{
			"Autorisez le compte déclaré à s'identifier par son mot de passe, sous TLS.",
			"Allow the declared account to sign in with its password, over TLS.",
		},
	},
	CauseHidden: {
		Text{
			"une partie de la source reste invisible au compte déclaré[, nombre d'objets\u00a0: {count}][ ({where})]",
			"a part of the source is hidden from the declared account[, objects: {count}][ ({where})]",
		},
		remedyReading,
	},
	CauseNoGroups: {
		Text{
			"aucun groupe privilégié n'a été trouvé\u00a0: ce n'est pas un annuaire Windows, ou ses groupes sont invisibles au compte déclaré",
			"no privileged group was found: this is no Windows directory, or its groups are hidden from the declared account",
		},
		remedyReading,
	},
	CauseNoMembers: {
		Text{
			"aucune personne n'a été trouvée dans les groupes privilégiés\u00a0: leurs membres sont sans doute invisibles au compte déclaré",
			"no person was found in the privileged groups: their members are probably hidden from the declared account",
		},
		remedyReading,
	},
	CauseOutOfScope: {
		Text{"la cible est hors du périmètre déclaré[ ({where})]", "the target is outside the declared scope[ ({where})]"},
		Text{
			"Ajoutez le nom ou l'adresse au périmètre (scope) si l'établissement en autorise l'observation.",
			"Add the name or the address to the scope if the establishment allows it to be looked at.",
		},
	},
	CauseNotAgain: {
		Text{"rien n'était à confirmer ici, et le premier regard vaut", "nothing had to be confirmed here, and the first look stands"},
		Text{"Rien à faire.", "Nothing to do."},
	},
	CauseProvider: {
		Text{"la cible est un prestataire déclaré, que l'agent ne rencontre que comme un client ordinaire[ ({where})]", "the target is a declared provider, which the agent meets as an ordinary client only[ ({where})]"},
		Text{
			"Demandez au prestataire\u00a0; avec son accord écrit, déplacez ce nom de scope.providers vers scope.names.",
			"Ask the provider; with its written agreement, move this name from scope.providers to scope.names.",
		},
	},
	CauseExcluded: {
		Text{"la cible est exclue du périmètre[ par {by}][ ({where})]", "the target is excluded from the scope[ by {by}][ ({where})]"},
		Text{
			"L'exclusion est voulue\u00a0: pour obtenir un résultat, retirez-la de la configuration (scope).",
			"The exclusion is on purpose: to have a result, remove it from the configuration (scope).",
		},
	},
	CausePort: {
		Text{"ce port n'est ni 80, ni 443, ni déclaré pour cette machine[ ({where})]", "this port is neither 80, nor 443, nor declared for this host[ ({where})]"},
		Text{
			"Si ce service est à examiner, déclarez-le sous targets (sites ou services).",
			"If this service is to be looked at, declare it under targets (sites or services).",
		},
	},
	CausePort + "/" + PortMute: {
		Text{
			"ce port est celui d'un appareil (imprimante, imagerie, automate), où rien ne mène jamais[ ({where})]",
			"this port is that of a device (printer, imaging, controller), where nothing ever leads[ ({where})]",
		},
		Text{
			"Vérifiez pourquoi une page ou une configuration mène à ce port\u00a0; l'agent ne l'interroge pas.",
			"Check why a page or a setting leads to this port; the agent does not ask it.",
		},
	},
	CauseExcluded + "/" + ExcludedUnfound: {
		Text{
			"les adresses du nom exclu {by} n'ont pas pu être cherchées, et rien n'est contacté sans les connaître[ ({where})]",
			"the addresses of the excluded name {by} could not be found out, and nothing is contacted without knowing them[ ({where})]",
		},
		Text{
			"Rétablissez la réponse du DNS pour ce nom, ou remplacez-le dans scope.excluded_names par ses adresses dans scope.excluded.",
			"Make the DNS answer for this name again, or replace it in scope.excluded_names by its addresses in scope.excluded.",
		},
	},
	CauseExpired: {
		Text{"aucune autorisation écrite n'est en vigueur à ce moment[ ({where})]", "no written authorisation is in force at this moment[ ({where})]"},
		Text{
			"Faites renouveler l'autorisation écrite, puis reportez ses dates dans la configuration (scope).",
			"Have the written authorisation renewed, then write its dates in the configuration (scope).",
		},
	},
	CauseQuietHours: {
		Text{"les cibles ne sont pas contactées à cette heure[ ({where})]", "targets are not contacted at this hour[ ({where})]"},
		Text{
			"Relancez un passage en dehors des heures de silence (network.quiet_hours).",
			"Run again outside the quiet hours (network.quiet_hours).",
		},
	},
	CauseBudget: {
		Text{"le nombre de connexions permis pour cette adresse est épuisé[ ({where})]", "the connections allowed for this address are spent[ ({where})]"},
		Text{
			"Relancez un passage, ou augmentez le nombre de connexions permis (network.budget_per_host).",
			"Run again, or raise the number of connections allowed (network.budget_per_host).",
		},
	},
	CauseSpent: {
		Text{"l'observation a posé toutes les questions qui lui sont permises[ ({where})]", "the look asked all the questions it may ask[ ({where})]"},
		remedyReport,
	},
	CauseHangsUp: {
		Text{
			"le site ferme la connexion après chaque réponse, et n'est pas sollicité au-delà[ de {limit} connexions chiffrées][ ({where})]",
			"the site closes the connection after each answer, and is asked no more[ than {limit} encrypted connections][ ({where})]",
		},
		Text{
			"Faites garder ses connexions au serveur (keep-alive), ou autorisez davantage de connexions (templates.connections).",
			"Have the server keep its connections (keep-alive), or allow more of them (templates.connections).",
		},
	},
	CauseStopped: {
		Text{"le passage a été arrêté avant la fin de cette observation", "the run was stopped before the end of this look"},
		Text{"Relancez un passage et laissez-le aller à son terme.", "Run again and let it come to its end."},
	},
	CauseLate: {
		Text{"l'observation n'a pas tenu dans le temps prévu[, {limit}][ ({where})]", "the look did not fit in the time given[, {limit}][ ({where})]"},
		Text{
			"Relancez un passage à une heure plus calme\u00a0; si cela se répète, autorisez l'adresse de l'agent dans le pare-feu qui le ralentit.",
			"Run again at a quieter hour; if it happens once more, allow the address of the agent in the firewall that slows it.",
		},
	},
	CauseNotAuthorised: {
		Text{"aucune autorisation datée ne permet cet essai", "no dated authorisation allows this trial"},
		Text{
			"Si l'établissement le souhaite, faites signer une autorisation datée et déclarez-la (intrusive).",
			"If the establishment wishes it, have a dated authorisation signed and declare it (intrusive).",
		},
	},
	CauseNoSource: {
		Text{"aucune source n'est déclarée[ ({where})]", "no source is declared[ ({where})]"},
		Text{
			"Déclarez la source dans la configuration de l'agent.",
			"Declare the source in the configuration of the agent.",
		},
	},
	CauseFileMissing: {
		Text{"le fichier n'existe pas[ ({where})]", "the file does not exist[ ({where})]"},
		Text{
			"Corrigez le chemin déclaré, ou déposez le fichier à cet endroit.",
			"Correct the declared path, or put the file there.",
		},
	},
	CauseFileUnreadable: {
		Text{"le fichier ne peut pas être lu[ ({where})]", "the file cannot be read[ ({where})]"},
		Text{
			"Donnez au compte de l'agent le droit de lire ce fichier, et vérifiez que le chemin déclaré mène bien à un fichier.",
			"Give the account of the agent the right to read this file, and make sure that the declared path leads to a file.",
		},
	},
	CauseFileEmpty: {
		Text{"le fichier est vide[ ({where})]", "the file is empty[ ({where})]"},
		Text{
			"Remplissez le fichier ou refaites l'export, puis relancez un passage.",
			"Fill the file or make the export again, then run again.",
		},
	},
	CauseFileEncoding: {
		Text{"ce n'est pas un fichier texte, ou son encodage est inconnu[ ({where})]", "this is no text file, or its encoding is not known[ ({where})]"},
		remedyExport,
	},
	CauseFileMalformed: {
		Text{"le fichier est mal formé[, ligne {line}][ ({where})]", "the file is malformed[, line {line}][ ({where})]"},
		remedyFile,
	},
	CauseFileUndated: {
		Text{"le fichier ne dit pas de quand il date[ ({where})]", "the file does not say its date[ ({where})]"},
		Text{
			"Écrivez la date de la dernière revue[, par exemple {expected}].",
			"Write the date of the last review[, for example {expected}].",
		},
	},
	CauseFieldMissing: {
		Text{"il manque «\u00a0{field}\u00a0»[, ligne {line}][ ({where})]", "\"{field}\" is missing[, line {line}][ ({where})]"},
		Text{"Écrivez cette valeur[, par exemple {expected}].", "Write this value[, for example {expected}]."},
	},
	CauseFieldWrong: {
		Text{"la valeur de «\u00a0{field}\u00a0» n'est pas admise[, ligne {line}][ ({where})]", "the value of \"{field}\" is not allowed[, line {line}][ ({where})]"},
		Text{"Corrigez cette valeur[\u00a0; ce qui est attendu\u00a0: {expected}].", "Correct this value[; expected: {expected}]."},
	},
	CauseFieldRepeated: {
		Text{"«\u00a0{field}\u00a0» est écrit deux fois[, ligne {line}][ ({where})]", "\"{field}\" is written twice[, line {line}][ ({where})]"},
		Text{"N'en gardez qu'un.", "Keep one."},
	},
	CauseRowsRejected: {
		Text{"certaines entrées n'ont pas été comprises[, nombre\u00a0: {count}][ ({where})]", "some entries were not understood[, count: {count}][ ({where})]"},
		Text{
			"Refaites l'export, ou déclarez le sens des colonnes et des mots qui n'ont pas été compris.",
			"Make the export again, or declare the meaning of the columns and words that were not understood.",
		},
	},
	CauseNoProbe: {
		Text{"ce programme ne sait pas faire cette observation[ ({where})]", "this program cannot make this look[ ({where})]"},
		Text{"Mettez l'agent à jour.", "Update the agent."},
	},
	CauseNoProgram: {
		Text{"le programme carescan-templates n'est pas installé", "the program carescan-templates is not installed"},
		remedyProgram,
	},
	CauseProgramRefused: {
		Text{"le programme carescan-templates trouvé n'est pas celui que l'agent attend", "the program carescan-templates found is not the one the agent expects"},
		remedyProgram,
	},
	CauseProgramShut: {
		Text{"le programme carescan-templates ne peut pas être lu ou démarré", "the program carescan-templates cannot be read or started"},
		Text{
			"Vérifiez que le compte de carescan-agent peut lire et exécuter ce fichier.",
			"Check that the account of carescan-agent may read and execute that file.",
		},
	},
	CauseProgramFailed: {
		Text{"le programme carescan-templates s'est arrêté avant la fin[ ({where})]", "the program carescan-templates ended before its work was done[ ({where})]"},
		remedyReport,
	},
	CauseProgramAnswer: {
		Text{"le programme carescan-templates a répondu de façon inattendue[ ({where})]", "the program carescan-templates answered in an unexpected way[ ({where})]"},
		remedyProgram,
	},
	CauseInternal: {
		Text{"une erreur interne de l'agent a arrêté l'observation[ ({where})]", "an internal error of the agent stopped the look[ ({where})]"},
		remedyReport,
	},
	CauseNothing: {
		Text{"l'observation n'a rien rapporté de ce que cette vérification juge", "the look brought nothing of what this check judges"},
		Text{
			"Voyez les autres constats de la même cible\u00a0; s'ils manquent tous, transmettez le détail technique aux mainteneurs.",
			"See the other findings of the same target; if all are missing, send the technical detail to the maintainers.",
		},
	},
	CauseNotKept: {
		Text{
			"ce qui a été vu était trop volumineux pour le dossier scellé et n'y est pas",
			"what was seen was too large for the sealed bundle and is not in it",
		},
		Text{
			"Lisez le constat scellé alors\u00a0: il reste valable. Pour juger à nouveau, faites un nouveau passage, sur un périmètre plus petit.",
			"Read the finding sealed then: it still holds. To judge again, run again, on a smaller scope.",
		},
	},
	CauseUnknown: {
		Text{"une cause technique non reconnue", "a technical cause that was not recognised"},
		remedyReport,
	},
	CauseInDetail: {
		Text{"une cause technique, donnée dans le détail", "a technical cause, given in the detail"},
		remedyReport,
	},
}
