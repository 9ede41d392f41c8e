import { createHash, randomBytes, randomUUID } from "node:crypto";
import { constants, readFileSync, writeSync } from "node:fs";
import { hostname, machine, release, tmpdir, userInfo } from "node:os";
import { constants as constants$1 } from "node:zlib";
import { stripVTControlCharacters } from "node:util";
import { basename, dirname, join, resolve } from "node:path";
import * as os from "os";
import * as crypto from "crypto";
import * as fs from "fs";
import http, { request } from "node:http";
import { access, chmod, constants as constants$2, cp, mkdir, open, readFile, readdir, readlink, realpath, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as setTimeout$1 } from "node:timers/promises";
import { request as request$1 } from "node:https";
// src/oci/digest.ts
const DIGEST = /^sha256:[a-f0-9]{64}$/;
/**
* Whether a text is `sha256:` and 64 lower-case hexadecimal digits: safe in paths and addresses (CVE-2024-3727 came from
* using it unchecked).
*/
function isDigest(text) {
	return DIGEST.test(text);
}
/** The 64 hexadecimal digits: the name of a blob's file in a layout. */
function digestHex(digest) {
	return digest.slice(7);
}
function digestOf(bytes) {
	return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
// src/oci/reference.ts
const DOCKER = "docker.io";
const REPOSITORY_LIMIT = 255;
const HOST_PART = "[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?";
const REGISTRY$1 = new RegExp(`^(?:${HOST_PART}(?:\\.${HOST_PART})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]{1,5})?$`);
const COMPONENT = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const REPOSITORY = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`);
const LAST_PORT = 65535;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const SCHEME = /^([a-z0-9+-]+):\/\//;
/**
* A reference as docker and skopeo read it: `alpine` is `docker.io/library/alpine`. No tag is added.
*
* @returns the reference, or one sentence with the problem and what to write
*/
function parseReference(text) {
	if (text === "") return "the reference is empty: write REGISTRY/REPOSITORY:TAG";
	if (/\s/.test(text)) return "a reference holds no spaces";
	const scheme = SCHEME.exec(text);
	if (scheme) return `write the reference without ${scheme[0]}: ${withoutLogin(text).slice(scheme[0].length)}`;
	const [named = "", digest, ...more] = text.split("@");
	if (digest !== void 0 && (more.length > 0 || !isDigest(digest))) return "the part after @ is not a digest: write sha256: and 64 lower-case hexadecimal digits";
	const { name, tag } = nameAndTag(named);
	if (tag !== void 0 && !TAG.test(tag)) return tagProblem(tag);
	const { registry, repository } = registryAndRepository(name);
	const problem = registryProblem(registry) ?? repositoryProblem(registry, repository, name);
	if (problem !== void 0) return problem;
	return {
		registry,
		repository,
		...tag === void 0 ? {} : { tag },
		...digest === void 0 ? {} : { digest }
	};
}
/** `registry/repository[:tag][@digest]` */
function referenceText(reference) {
	const tag = reference.tag === void 0 ? "" : `:${reference.tag}`;
	const digest = reference.digest === void 0 ? "" : `@${reference.digest}`;
	return `${repositoryText(reference)}${tag}${digest}`;
}
/** `registry/repository` */
function repositoryText({ registry, repository }) {
	return `${registry}/${repository}`;
}
/**
* The `registry/repository` of a tag that was checked before.
*
* @throws Error for one that is none
*/
function repositoryOf(tag) {
	const parsed = parseReference(tag);
	if (typeof parsed === "string") throw new Error(`${tag} is no tag, and was never checked: ${parsed}`);
	return repositoryText(parsed);
}
function nameAndTag(text) {
	const colon = text.lastIndexOf(":");
	if (colon < 0 || colon < text.lastIndexOf("/")) return { name: text };
	return {
		name: text.slice(0, colon),
		tag: text.slice(colon + 1)
	};
}
/** Unlike docker, capitals do not make a host: whoever writes Acme/app means a repository. */
function isHost(first) {
	return /[.:]/.test(first) || first === "localhost";
}
function registryAndRepository(name) {
	const slash = name.indexOf("/");
	const first = name.slice(0, Math.max(slash, 0));
	const registry = isHost(first) ? first : DOCKER;
	const repository = isHost(first) ? name.slice(slash + 1) : name;
	if (registry !== DOCKER && registry !== `index.${DOCKER}`) return {
		registry,
		repository
	};
	return {
		registry: DOCKER,
		repository: repository.includes("/") ? repository : `library/${repository}`
	};
}
function registryProblem(registry) {
	if (!REGISTRY$1.test(registry)) return `${JSON.stringify(registry)} is not the name of a registry: write HOST or HOST:PORT`;
	if (Number(/:([0-9]+)$/.exec(registry)?.[1] ?? 1) > LAST_PORT) return `there is no port above ${LAST_PORT}: ${registry}`;
}
function repositoryProblem(registry, repository, name) {
	if (name === "" || repository === "" || repository === "library/") return "the name of the repository is missing: write REGISTRY/REPOSITORY:TAG";
	const lower = repository.toLowerCase();
	if (lower !== repository && REPOSITORY.test(lower)) {
		const host = name.startsWith(`${registry}/`) ? `${registry}/` : "";
		return `repository names are lower case: write ${host}${name.slice(host.length).toLowerCase()}`;
	}
	if (!REPOSITORY.test(repository)) return `${JSON.stringify(repository)} is not the name of a repository: use a-z and 0-9, with . _ - between them and / between parts`;
	if (repository.length > REPOSITORY_LIMIT) return `the name of the repository has more than ${REPOSITORY_LIMIT} characters`;
	if (/^[a-f0-9]{64}$/.test(name)) return "a name of 64 hexadecimal digits is taken for a digest: write REGISTRY/REPOSITORY";
}
function tagProblem(tag) {
	if (tag === "") return "the tag after : is missing";
	return `${JSON.stringify(tag)} is not a tag: use at most 128 of A-Z, a-z, 0-9, _ . - and start with none of . -`;
}
/** A text that was to be a reference, without the login of an address: it goes into messages. */
function withoutLogin(text) {
	return text.replace(/(:\/\/)[^/@]*@/, "$1");
}
/**
* The version in what `kiwi-ng --version` prints: `KIWI (next generation) version 9.24.61`.
*
* @returns the version, or undefined when the text names none
*/
function kiwiVersionIn(output) {
	return /\bversion\s+(\d+(?:\.\d+)+)/i.exec(output)?.[1];
}
// src/oci/platform.ts
/** GOOS and GOARCH of `go tool dist list`, Go 1.25, and those of `internal/syslist` that containers are made for. */
const SYSTEMS = new Set("aix android darwin dragonfly freebsd illumos ios js linux netbsd openbsd plan9 solaris wasip1 windows".split(" "));
const ARCHITECTURES = new Set("386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x wasm".split(" "));
/** What `uname -m` and distributions say, in Go's words; containerd platforms/database.go. */
const OTHER_NAMES = /* @__PURE__ */ new Map([
	["x86_64", { architecture: "amd64" }],
	["x86-64", { architecture: "amd64" }],
	["aarch64", { architecture: "arm64" }],
	["i386", { architecture: "386" }],
	["i686", { architecture: "386" }],
	["armhf", {
		architecture: "arm",
		variant: "v7"
	}],
	["armel", {
		architecture: "arm",
		variant: "v6"
	}]
]);
/** What Node calls an architecture, where it is not Go's name for it; the rest is the same. */
const NODE_NAMES = /* @__PURE__ */ new Map([
	["x64", "amd64"],
	["ia32", "386"],
	["ppc64", "ppc64le"],
	["mipsel", "mipsle"]
]);
const VARIANTS = /* @__PURE__ */ new Map([
	["amd64", /^v[1-4]$/],
	["arm", /^v[5-8]$/],
	["arm64", /^v(8|8\.[1-9]|9|9\.[0-5])$/]
]);
const ANY_VARIANT = /^[a-z0-9][a-z0-9._-]*$/;
/** From what runs on most machines of an architecture down; what a machine that names no variant may still take. */
const DEFAULT_VARIANTS = /* @__PURE__ */ new Map([
	["amd64", ["v1"]],
	["arm", [
		"v7",
		"v6",
		"v5"
	]],
	["arm64", ["v8"]]
]);
/**
* The platform that `os/architecture[/variant]` names; `x86_64` and the like become Go's names.
*
* @returns undefined when system, architecture or variant is not known
*/
function parsePlatform(text) {
	const [os = "", name = "", variant, ...rest] = text.split("/");
	const { architecture, variant: impliedVariant } = OTHER_NAMES.get(name) ?? { architecture: name };
	if (rest.length > 0 || !SYSTEMS.has(os) || !ARCHITECTURES.has(architecture)) return void 0;
	const given = variant ?? impliedVariant;
	if (given === void 0) return {
		os,
		architecture
	};
	return (VARIANTS.get(architecture) ?? ANY_VARIANT).test(given) ? {
		os,
		architecture,
		variant: given
	} : void 0;
}
/** `os/architecture[/variant]` */
function platformText(platform) {
	const { os, architecture, variant } = platform;
	return [
		os,
		architecture,
		...variant ? [variant] : []
	].join("/");
}
/**
* One text for a platform, however it is written: with Go's name, and without the variant that every machine of the
* architecture has; containerd platforms/database.go, which takes `x86_64` for `amd64` and `arm64/v8` for `arm64` too.
*/
function platformKey({ os, architecture: name, variant: given }) {
	const { architecture, variant: implied } = OTHER_NAMES.get(name) ?? { architecture: name };
	const variant = given || implied;
	return platformText({
		os,
		architecture,
		...variant === void 0 || variant === "" || variant === DEFAULT_VARIANTS.get(architecture)?.[0] ? {} : { variant }
	});
}
/** The platform of Linux on what Node calls `process.arch`. */
function machinePlatform(nodeArch) {
	if (nodeArch === "arm") return {
		os: "linux",
		architecture: "arm",
		variant: "v7"
	};
	return {
		os: "linux",
		architecture: NODE_NAMES.get(nodeArch) ?? nodeArch
	};
}
// src/oci/annotations.ts
/** Where an annotation goes, in docker's words; docs.docker.com/build/metadata/annotations. */
const ANNOTATION_LEVELS = [
	"manifest",
	"index",
	"manifest-descriptor",
	"index-descriptor"
];
/** podman machine finds its disk by it. */
const DISK_TYPE_ANNOTATION = "disktype";
/** On an entry of an index it makes c/image prefer that one; internal/manifest/oci_index.go. */
const ZSTD_ANNOTATION = "io.github.containers.compression.zstd";
const RESERVED = [DISK_TYPE_ANNOTATION, ZSTD_ANNOTATION];
const LEVEL = /^([a-z-]*)(?:\[([^\]]*)\])?$/;
const FORM = "write KEY=VALUE, or LEVEL:KEY=VALUE with manifest, index, manifest-descriptor or index-descriptor";
/**
* What `[LEVEL[,LEVEL]…:]KEY=VALUE` asks for, each LEVEL with an optional `[os/arch[/variant]]`; docker buildx
* build/annotations.go. Without a level it is the manifest's.
*
* @returns one for each platform that the levels name, or one sentence with the problem and what to write
*/
function parseAnnotation(text) {
	const equals = text.indexOf("=");
	const [before, value] = [text.slice(0, Math.max(0, equals)), text.slice(equals + 1)];
	const colon = before.indexOf(":");
	const key = before.slice(colon + 1).trim();
	if (equals < 0 || key === "") return `'${text}' is no annotation: ${FORM}`;
	if (colon < 0) return [{
		levels: ["manifest"],
		key,
		value
	}];
	const byPlatform = /* @__PURE__ */ new Map();
	for (const part of before.slice(0, colon).split(",")) {
		const place = parseLevel(part.trim());
		if (typeof place === "string") return `'${text}': ${place}`;
		const { level, platform } = place;
		if (level.endsWith("-descriptor") && RESERVED.includes(key)) return `'${text}': ${key} at ${level} is not free, since podman and others choose by it: leave it out`;
		const name = platform === void 0 ? "" : platformText(platform);
		const known = byPlatform.get(name);
		if (known === void 0) byPlatform.set(name, {
			levels: [level],
			...platform ? { platform } : {}
		});
		else if (!known.levels.includes(level)) known.levels.push(level);
	}
	return [...byPlatform.values()].map((place) => ({
		...place,
		key,
		value
	}));
}
/**
* The annotations of one level. The last of a key wins, and one for the platform over one for all.
*
* @param platform of the manifest; `x86_64` is `amd64` here
*/
function annotationsFor(all, level, platform) {
	const ofLevel = all.filter(({ levels }) => levels.includes(level));
	const wanted = platform === void 0 ? void 0 : platformKey(platform);
	const general = ofLevel.filter((each) => each.platform === void 0);
	const own = ofLevel.filter((each) => each.platform !== void 0 && platformKey(each.platform) === wanted);
	return Object.fromEntries([...general, ...own].map(({ key, value }) => [key, value]));
}
function parseLevel(text) {
	const [, name = text, named] = LEVEL.exec(text) ?? [];
	const level = ANNOTATION_LEVELS.find((each) => each === name);
	if (level === void 0) return `'${text}' is no level of annotations: ${FORM}`;
	if (named === void 0) return { level };
	if (level.startsWith("index")) return `an index is for all platforms: write ${level} without [${named}]`;
	const platform = parsePlatform(named);
	return platform === void 0 ? `'${named}' is no platform: write os/architecture, such as linux/arm64` : {
		level,
		platform
	};
}
[
	"AGFzbQEAAAABMghgAn9/AGAAAGADf39/AGAFf39/f38AYAR/f39/AX9gAX8AYAV/f39/fwF/YAJ/fwF/Aw0MAwAEAAEFAgYCAAEHBQMBAAkGKQ",
	"h/AUEAC34BQgALfwFBAAt/AUEAC38BQQALfwFBAAt/AUEAC38BQQALBx4DB2lucHV0QXQDBAdkZWZsYXRlAAcGbWVtb3J5AgAIAQQMAQEKnC8M",
	"7wIBA38gAUEAIAP8CwADQCADIAZLBEAgACAGQQJ0aigCACIHBEAgBUECdEGACGogB0EJdCAGcjYCACAFQQFqIQULIAZBAWohBgwBCwsgBUECSQ",
	"RAIAUEf0GACCgCAEH/A3EFQQALIAFqQQE6AAAFIAEgBSAEEAYLQQAhAEGgGkEAQcQA/AsAA0AgACADSQRAIAAgAWotAAAiBQRAIAVBAnRBoBpq",
	"IgUgBSgCAEEBajYCAAsgAEEBaiEADAELC0EAIQVBASEAA0AgACAETQRAIAUgAEECdCIGQZwaaigCAGpBAXQhBSAGQfAaaiAFNgIAIABBAWohAA",
	"wBCwtBACEFA0AgAyAFSwRAIAEgBWotAAAiBARAIARBAnRB8BpqIgYoAgAhACAGIABBAWo2AgBBACEGA0AgBARAIABBAXEgBkEBdHIhBiAAQQF2",
	"IQAgBEEBayEEDAELCyACIAVBAnRqIAY2AgALIAVBAWohBQwBCwsLlgEBBH8gAEECdEGACGooAgAhAyAAQQF0QQFqIQIDQCABIAJLBEAgAkEBai",
	"IEIAFJBH8gAkECdCIFQYQIaigCACAFQYAIaigCAEsFQQALIQUgBCACIAUbIgJBAnRBgAhqKAIAIgQgA0sEQCAAQQJ0QYAIaiAENgIAIAIiAEEB",
	"dEEBaiECDAILCwsgAEECdEGACGogAzYCAAvOAwIJfwF+IwUgAGooAgBBsfPd8XlsQRF2QQJ0QbDOCGogASIFQYICIwYgAGsiBiAGQYICSxsiDE",
	"8EQCAFDwsgAEGAgAJrQQAgAEGAgAJLGyELIwUgAGooAgAhCSgCACEHA0AgByALSwRAAkAgB0EBayIIIwVqIAVqQQNrKAIAIwUgAGogBWpBA2so",
	"AgBGBH8jBSAIaigCACAJRgVBAAsEQEGCAiMGIABrIgQgBEGCAksbIQpBBCEEAkADQCAEQQhqIgYgCk0EQCAEIwUgCGogBGopAwAjBSAAaiAEai",
	"kDAIUiDXpCA4inaiEEIA1CAFINAiAGIQQMAQsLA0AgBCAKSQR/IwUgCGogBGotAAAjBSAAaiAEai0AAEYFQQALBEAgBEEBaiEEDAELCwsgBCAF",
	"SwRAIAAgCGskByAEIgUgA08gBCAMT3INAgsLIAJBAWsiAkUNACAHQQFrQf//AXFBAnRBsM4YaigCACEHDAILCwsgAUEDRiAFQQNGcQRAIAAgCU",
	"GA4ua7A2xBEXZBAnRBsM4QaigCAEEBayIBa0GAIE0gACABS3EEfyMFIAFqKAIAIAlzQQh0BUEBC0UEQCAAIAFrJAdBAw8LQQIPCyAFC98HAQN/",
	"QYCkCEGApAgoAgBBAWo2AgBBgJwIQYClCEGgpwhBngJBDxAAQaCwCEGgsQhBwLEIQR5BDxAAA0AgAkGeAkkEQCADIAJBAnRBgJwIaigCACACQY",
	"ClCGotAABBACACQYUCa0ECdiACQZ0CRiACQYkCSXIbamxqIQMgAkEBaiECDAELC0EAIQIDQCACQR5JBEAgAyACQQJ0QaCwCGooAgAgAkGgsQhq",
	"LQAAIAJBAXZBAWtBACACQQRPG2psaiEDIAJBAWohAgwBCwsgA0EDdiABTwRAA0AjAkEDaiQCIwJBB2pBeHEkAiMAIwE3AwAjACMCQQN2aiQAIw",
	"EjAkE4ca2IJAEjAkEHcSQCIwBB//8DIAEgAUH//wNPGyICOwEAIwAgAkF/czsBAiMAQQRqIAAgAvwKAAAjACACQQRqaiQAIAAgAmohACABIAJr",
	"IgENAAsPCxAKQQMhAANAIABBggJNBEAgAEECdCICQYC+CGooAgAiA0H//wNxIgRBgKUIai0AACEBIAJBkMYIaiAEQQJ0QaCnCGooAgAgA0EUdi",
	"ABdHIgASADQRB2QQ9xakEYdHI2AgAgAEEBaiEADAELC0EAIQADQCAAQYACSQRAIABBAnRBoKcIaiIBIAEoAgAgAEGApQhqLQAAQRh0cjYCACAA",
	"QQFqIQAMAQsLQQAhAANAIABBHkkEQCAAQQJ0QcCxCGoiASABKAIAIABBoLEIai0AAEEYdHI2AgAgAEEBaiEADAELC0HAGyEAA0AgACMDSQRAIA",
	"AoAgAiAUEQdiICBEAjASABQf8DcUECdEGQxghqKAIAIgFB////B3GtIwKthoQkASMCIAFBGHZqJAIgAkEBayIBQQRPBEBBHiABZ2siA0EBdCAB",
	"IAN2aiEBCyMBIAFBAnRBwLEIaigCACIDQf///wdxrSMCrYaEJAEjAiADQRh2aiQCIwEgAkEBa0EBIAFBAXZBAWtBACABQQRPGyIBdEEBa3GtIw",
	"KthoQkASMCIAFqJAIFIwEgAUECdEGgpwhqKAIAIgFB////B3GtIwKthoQkASMCIAFBGHZqJAIgACgCBCIBQYACSSAAQQRqIgIjA0lxBEAjASAB",
	"QQJ0QaCnCGooAgAiAEH///8Hca0jAq2GhCQBIwIgAEEYdmokAiACIQALCyMAIwE3AwAjACMCQQN2aiQAIwEjAkE4ca2IJAEjAkEHcSQCIABBBG",
	"ohAAwBCwtBgKcILQAAIQAjAUGgrwg1AgBC////B4MjAq2GhCQBIwIgAGokAiMAIwE3AwAjACMCQQN2aiQAIwEjAkE4ca2IJAEjAkEHcSQCC5gB",
	"AQV/QcAbJANBsM4gJARBAyEBQYECIQQDQCAEQZ0CSQRAQQAgBEGFAmtBAnYgBEGdAkYgBEGJAklyGyECQQAhAwNAIAFBggJJIANBASACdElxBE",
	"AgASIAQQFqIQEgAEECdEGAvghqIAQgAkEQdHIgA0EUdHI2AgAgA0EBaiEDDAELCyAEQQFqIQQMAQsLQYjGCEGdAjYCAAuuAwEGf0ECIQFBkBFB",
	"kBEoAgBBlBEoAgBqNgIAQQEhBgNAIAYgAEEBa0gEQEEAIQRBACEFA0AgBUECSARAIAAgAUwEf0EBBSACIAZIBH8gAkECdEGQEWooAgAgAUECdE",
	"GQEWooAgBJBUEACwsEQCAEIAJBAnRBkBFqKAIAaiEEIAIiA0EBaiECIANBAnRBkBFqIAY2AgAFIAEiA0EBaiEBIAQgA0ECdEGQEWooAgBqIQQL",
	"IAVBAWohBQwBCwsgBkECdEGQEWogBDYCACAGQQFqIQYMAQsLIABBAnRBiBFqQQA2AgAgAEEDayEBA0AgAUEATgRAIAFBAnRBkBFqIgIgAigCAE",
	"ECdEGQEWooAgBBAWo2AgAgAUEBayEBDAELC0EBIQQgAEECayECIABBAWshAUEAIQUDQCAEQQBKBEBBACEDA0AgAkEATgR/IAUgAkECdEGQEWoo",
	"AgBGBUEACwRAIANBAWohAyACQQFrIQIMAQsLA0AgAyAESARAIAEiAEEBayEBIABBAnRBkBFqIAU2AgAgBEEBayEEDAELCyADQQF0IQQgBUEBai",
	"EFDAELCwvLAwEEfyABQQF2QQFrIQMDQCADQQBOBEAgAyABEAEgA0EBayEDDAELCyABQQFrIQQDQCAEBEBBgAgoAgAhA0GACCAEQQJ0QYAIaiIG",
	"KAIANgIAIAYgAzYCAEEAIAQQASAEQQFrIQQMAQsLQQAhAwNAIAEgA0sEQCADQQJ0IgRBkBFqIARBgAhqKAIAQQl2NgIAIANBAWohAwwBCwsgAR",
	"AFQaAaQQBBxAD8CwBBACEEA0AgASAESwRAIARBAnRBkBFqKAIAIgMgAiACIANLGyIDQQJ0QaAaaiIGIAYoAgBBAWo2AgAgBUEBIAIgA2t0aiEF",
	"IARBAWohBAwBCwsDQCAFQQEgAnRLBEAgAkEBayEBA0AgAUECdEGgGmooAgBFBEAgAUEBayEBDAELCyABQQJ0IgFBoBpqIgMgAygCAEEBazYCAC",
	"ABQaQaaiIBIAEoAgBBAmo2AgAgAkECdEGgGmoiASABKAIAQQFrNgIAIAVBAWshBQwBCwtBACEDA0AgAgRAIAJBAnRBoBpqKAIAIQQDQCAEBEAg",
	"AyIBQQFqIQMgACABQQJ0QYAIaigCAEH/A3FqIAI6AAAgBEEBayEEDAELCyACQQFrIQIMAQsLC9MCAQR/IAAkBSABIAJqJAYgBCQAQgAkAUEAJA",
	"JBsM4IQQBBgIAI/AsAQbDOEEEAQYCACPwLACMGQQhrQQAjBkEISxshBgNAIAUgASAGIAEgBkkbSQRAIAVB//8BcUECdEGwzhhqIwUgBWooAgAi",
	"B0Gx893xeWxBEXZBAnRBsM4IaiIIKAIANgIAIAggBUEBaiIFNgIAIAdBgOLmuwNsQRF2QQJ0QbDOEGogBTYCAAwBCwsgAgRAIANBAUYEQCABIA",
	"YQCQUgASAGIAMQCAsLQQAhAgNAIwJBA2okAiMCQQdqQXhxJAIjACMBNwMAIwAjAkEDdmokACMBIwJBOHGtiCQBIwJBB3EkAiMAQf//AyACIAJB",
	"//8DTxsiATsBACMAIAFBf3M7AQIjAEEEaiAAIAH8CgAAIwAgAUEEamokACAAIAFqIQAgAiABayICDQALIwAgBGsLjAcBCn8gAkEESQR/QQIgAn",
	"QFQYAIQQEgAnQgAkEJTxsLIQUgAkEESQR/QRAgAnQFQYICQRAgAkEDa3QgAkEITxsLIQYgAkEESQR/QQAFIAJBBkkEf0EQBUEgQYICIAJBCEkb",
	"CwshByAAIQNBwBskA0GAnAhBAEGACfwLAEGgsAhBAEGAAfwLAEEAIQIDQCAAIwZJBEAgACABTwR/IwMjBSAAai0AACIENgIAIwNBBGokAyAEQQ",
	"J0QYCcCGoiBCAEKAIAQQFqNgIAIABBAWoFIAhFBEAgAEEDIAUgBhACIQIgAEH//wFxQQJ0QbDOGGojBSAAaigCACIEQbHz3fF5bEERdkECdEGw",
	"zghqIggoAgA2AgAgCCAAQQFqIgg2AgAgBEGA4ua7A2xBEXZBAnRBsM4QaiAINgIAC0EAIQggAkEDSQR/IwMjBSAAai0AACIENgIAIwNBBGokAy",
	"AEQQJ0QYCcCGoiBCAEKAIAQQFqNgIAIABBAWoFIwchCkEAIQQgAiAHSSAAQQFqIgsgAUlxBEAgCyACIAVBAnYgBSACQQhPGyAGEAIhBCALQf//",
	"AXFBAnRBsM4YaiALIwVqKAIAIgxBsfPd8XlsQRF2QQJ0QbDOCGoiCSgCADYCACAJIAtBAWoiCTYCACAMQYDi5rsDbEERdkECdEGwzhBqIAk2Ag",
	"ALIAIgBEkEfyMDIwUgAGotAAAiAjYCACMDQQRqJAMgAkECdEGAnAhqIgIgAigCAEEBajYCACAEIQJBASEIIABBAWoFIwMgAiAKQRB0cjYCACMD",
	"QQRqJAMgAkECdEGAvghqKAIAQf//A3FBAnRBgJwIaiIEIAQoAgBBAWo2AgAgCkEBayIEQQRPBH9BHiAEZ2siCUEBdCAEIAl2agUgBAtBAnRBoL",
	"AIaiIEIAQoAgBBAWo2AgAgACACaiIEIAEgASAESxshCSAAQQJqIABBAWoiBCACIAdJIAEgBEtxGyEEA0AgBCAJSQRAIARB//8BcUECdEGwzhhq",
	"IwUgBGooAgAiCkGx893xeWxBEXZBAnRBsM4IaiILKAIANgIAIAsgBEEBaiIENgIAIApBgOLmuwNsQRF2QQJ0QbDOEGogBDYCAAwBCwsgACACag",
	"sLCyIAIwZGIwNBwJsIT3IEQCMFIANqIAAgA2sQA0HAGyQDQYCcCEEAQYAJ/AsAQaCwCEEAQYAB/AsAIAAhAwsMAQsLC6cGAgh/AX4gACECQcAb",
	"JANBgJwIQQBBgAn8CwBBoLAIQQBBgAH8CwADQCAAIwZJBEAgACABTwRAIAAiBEEBaiEAIwMjBSAEai0AACIENgIAIwNBBGokAyAEQQJ0QYCcCG",
	"oiBCAEKAIAQQFqNgIABSMFIABqKAIAIgRBsfPd8XlsQRF2QQJ0QbDOCGoiBSgCAEEBayEHIAUgAEEBajYCACAAIAdrQYCAAk0gACAHS3EEfyMF",
	"IAdqKAIAIARGBUEACwRAIwMgACAHayIIQRB0IQZBggIjBiAAayIDIANBggJLGyEJQQQhAwJAA0AgA0EIaiIEIAlNBEAgAyMFIAdqIANqKQMAIw",
	"UgAGogA2opAwCFIgp6QgOIp2ohAyAKQgBSDQIgBCEDDAELCwNAIAMgCUkEfyMFIAdqIANqLQAAIwUgAGogA2otAABGBUEACwRAIANBAWohAwwB",
	"CwsLIAMgBnI2AgAjA0EEaiQDIANBAnRBgL4IaigCAEH//wNxQQJ0QYCcCGoiBCAEKAIAQQFqNgIAIAhBAWsiBEEETwR/QR4gBGdrIgVBAXQgBC",
	"AFdmoFIAQLQQJ0QaCwCGoiBCAEKAIAQQFqNgIAIAAgA2oiAyABSQRAIwUgAGooAgFBsfPd8XlsQRF2QQJ0QbDOCGogAEECajYCACMFIANqIgBB",
	"AmsoAgBBsfPd8XlsQRF2QQJ0QbDOCGogA0EBazYCACAAQQFrKAIAQbHz3fF5bEERdkECdEGwzghqIAM2AgALIAMhAEEAIQMFIwMgBEH/AXEiBD",
	"YCACMDQQRqJAMgBEECdEGAnAhqIgQgBCgCAEEBajYCACAAQQFqIQBBECADQQFqIgNBB3YiBCAEQRBPGyEFA0AgACABSSAFQQFLcSMDQcCbCElx",
	"BEAgACIEQQFqIQAjAyMFIARqLQAAIgQ2AgAjA0EEaiQDIARBAnRBgJwIaiIEIAQoAgBBAWo2AgAgBUEBayEFDAELCwsLIAAjBkYjA0HAmwhPcg",
	"RAIwUgAmogACACaxADQcAbJANBgJwIQQBBgAn8CwBBoLAIQQBBgAH8CwAgACECCwwBCwsLngQBBX9BngIhAANAIABBgQJLBH8gAEH/pAhqLQAA",
	"BUEBC0UEQCAAQQFrIQAMAQsLQR4hAQNAIAFBAUsEfyABQZ+xCGotAAAFQQELRQRAIAFBAWshAQwBCwsgACAAIAFqEAshA0HAsghBkLMIQbCzCE",
	"ETQQcQAEETIQIDQCACQQRLBH8gAkGbzghqLQAAQZCzCGotAAAFQQELRQRAIAJBAWshAgwBCwsjAUIEIwKthoQkASMCQQNqJAIjASAAQYECa60j",
	"Aq2GhCQBIwJBBWokAiMBIAFBAWutIwKthoQkASMCQQVqJAIjASACQQRrrSMCrYaEJAEjAkEEaiQCIwAjATcDACMAIwJBA3ZqJAAjASMCQThxrY",
	"gkASMCQQdxJAJBACEAA0AgACACSQRAIwEgAEGczghqLQAAQZCzCGoxAAAjAq2GhCQBIwJBA2okAiMAIwE3AwAjACMCQQN2aiQAIwEjAkE4ca2I",
	"JAEjAkEHcSQCIABBAWohAAwBCwtBACEAA0AgACADSQRAIABBAnRBgLQIaigCACICQf8BcSIBQZCzCGotAAAhBCMBIAFBAnRBsLMIajUCACMCrY",
	"aEJAEjAiAEaiQCIwEgAkEIdq0jAq2GhCQBIAFBEEkEf0EABUEHIAFBDmsgAUESRhsLIwJqJAIjACMBNwMAIwAjAkEDdmokACMBIwJBOHGtiCQB",
	"IwJBB3EkAiAAQQFqIQAMAQsLC5wDAQd/QcCyCEEAQcwA/AsAA0AgASAFSwRAIAVBgKUIaiAFQaCxCGogAGsgACAFSxstAAAhBEEBIQIDQCACIA",
	"VqIgYgAUkEfyAEIAZBgKUIaiAGQaCxCGogAGsgACAGSxstAABGBUEACwRAIAJBAWohAgwBCwsgAiAFaiEFIAQEQCADQQJ0QYC0CGogBDYCACAE",
	"QQJ0QcCyCGoiBiAGKAIAQQFqNgIAIANBAWohAyACQQFrIQILQQZBigEgBBshCANAIAJBA08EQCACIAggAiAISRshByAEBH8gA0ECdEGAtAhqIA",
	"dBA2tBCHRBEHI2AgBBEAUgB0ELSQR/IANBAnRBgLQIaiAHQQNrQQh0QRFyNgIAQREFIANBAnRBgLQIaiAHQQtrQQh0QRJyNgIAQRILC0ECdEHA",
	"sghqIgYgBigCAEEBajYCACADQQFqIQMgAiAHayECDAELCwNAIAIEQCADQQJ0QYC0CGogBDYCACAEQQJ0QcCyCGoiBiAGKAIAQQFqNgIAIANBAW",
	"ohAyACQQFrIQIMAQsLDAELCyADCwsbAQBBnM4ICxMQERIACAcJBgoFCwQMAw0CDgEP"
].join("");
new URL(import.meta.url.endsWith(".ts") ? "./deflateworker.ts" : "./deflateworker.js", import.meta.url);
constants$1.ZSTD_c_hashLog, constants$1.ZSTD_c_chainLog;
Buffer.from("1f8b08000000000000ff", "hex");
Buffer.from("0300", "hex");
// src/errorcode.ts
/**
* The names of everything that can go wrong, and the exit code that each stands for: 2 where an input or the description
* has to be changed, 1 where the machine, the network or somebody's service has to. What each means and what helps stands
* in docs/errors.md, with the test that brings it about; a test compares this list with that one.
*/
const errorCodes = {
	input: 2,
	description: 2,
	"host-root": 1,
	"host-tools": 1,
	"host-packages": 1,
	"host-kiwi": 1,
	"host-python": 1,
	"host-kernel": 1,
	"host-namespace": 1,
	"host-devices": 1,
	"host-space": 1,
	"host-folder": 1,
	"host-disk": 1,
	"host-mirror": 1,
	"host-mirror-table": 1,
	"host-docker": 1,
	"host-storage": 1,
	"host-destination": 2,
	"host-logins": 1,
	"host-metadata": 1,
	"host-leftovers": 1,
	"host-handover": 1,
	"command-missing": 1,
	"command-exit": 1,
	"command-signal": 1,
	"command-timeout": 1,
	"command-idle": 1,
	"command-canceled": 1,
	"registry-helper": 1,
	"registry-space": 1,
	"registry-policy": 1,
	"registry-plain-http": 2,
	"registry-certificate": 1,
	"registry-host": 2,
	"registry-refused": 1,
	"registry-silent": 1,
	"registry-rate": 1,
	"registry-login": 1,
	"registry-realm": 1,
	"registry-hidden": 2,
	"registry-denied": 1,
	"registry-missing": 2,
	"registry-size": 1,
	"registry-several": 2,
	"registry-unnamed": 2,
	"registry-no-registry": 1,
	"registry-zstd": 2,
	"registry-namespace": 1,
	"registry-trouble": 1,
	"registry-broken": 1,
	"registry-still": 1,
	"registry-other": 1,
	"registry-damaged": 1,
	"registry-read-back": 1,
	"registry-platform": 2,
	"registry-unfit": 2,
	"registry-archive": 2,
	"registry-engine": 1,
	"image-document": 2,
	"image-invalid": 2,
	"image-layer": 2,
	"image-damaged": 1,
	"kiwi-failed": 1,
	"kiwi-size": 2,
	"kiwi-no-disk": 2,
	"kiwi-result": 1,
	"kiwi-initrd": 2,
	"filesystem-space": 1,
	"filesystem-read-only": 1,
	"filesystem-denied": 1,
	"filesystem-name": 1,
	"filesystem-open-files": 1,
	"filesystem-input-output": 1,
	"filesystem-folder": 1,
	canceled: 1,
	bug: 1
};
// src/filesystemfault.ts
const SPACE = {
	code: "filesystem-space",
	message: "no space is left: free some, or set work-dir to a folder on a larger file system"
};
const DENIED = {
	code: "filesystem-denied",
	message: "the right to it is missing: give it, or name another folder with work-dir"
};
const NO_FOLDER = {
	code: "filesystem-folder",
	message: "no folder can be made there: name another place"
};
const OPEN_FILES = {
	code: "filesystem-open-files",
	message: "too many files are open: raise the limit (ulimit -n)"
};
/** By what errno(3) calls it. */
const FAULTS = {
	ENOSPC: SPACE,
	EDQUOT: SPACE,
	EROFS: {
		code: "filesystem-read-only",
		message: "the file system is read-only: set work-dir to a folder that can be written"
	},
	EACCES: DENIED,
	EPERM: DENIED,
	ENAMETOOLONG: {
		code: "filesystem-name",
		message: "the name is too long for the file system: use a shorter one"
	},
	EMFILE: OPEN_FILES,
	ENFILE: OPEN_FILES,
	EIO: {
		code: "filesystem-input-output",
		message: "the disk or share below it fails: see what the kernel says of it (dmesg), and use another"
	}
};
/** Whether the system says by this name (errno(3)) that the disk is full or the quota used up. */
function isSpaceCode(code) {
	return FAULTS[code] === SPACE;
}
/** @returns undefined where the error is none of a file, or one that we should have kept from coming up */
function filesystemFault(error) {
	const { code = "", path, syscall } = error;
	const fault = syscall === "mkdir" && code === "ENOENT" ? NO_FOLDER : FAULTS[code];
	if (fault === void 0) return void 0;
	if (path === void 0) return fault === DENIED ? void 0 : fault;
	return {
		code: fault.code,
		message: `${path}: ${fault.message}`
	};
}
// src/plainline.ts
/**
* A text that may quote somebody else's words as one line that moves no cursor: without colours, ends of lines and control
* characters, and without the marks that turn the direction of what follows (Unicode TR9), which show another text than
* there is. NEL is among them, which .NET and with it the runner takes for a blank.
*/
function plainLine(text) {
	return stripVTControlCharacters(text).replaceAll(/[\r\n]+/g, " ").replaceAll(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, " ");
}
// src/errors.ts
/**
* The error taxonomy. The message of each is one line: what failed, why, what to do. `detail` holds what belongs
* into a folded group under it, `code` its name in docs/errors.md. Whatever else is thrown is our bug, and `describeError` says so.
*/
var KnownError = class extends Error {
	/** Lines for a folded group below the message, none by default. */
	detail = [];
};
/** Its message has a line for each of its problems. */
var ProblemsError = class extends KnownError {
	problems;
	constructor(problems) {
		super(problems.map(({ where, text }) => plainLine(`${where}: ${text}`)).join("\n"));
		this.problems = problems;
	}
};
/** The user edits the workflow or the command line. May carry problems of the description found in the same look. */
var InputError = class extends ProblemsError {
	name = "InputError";
	code = "input";
};
/** The machine lacks something: a tool, a right, space. */
var HostError = class extends KnownError {
	name = "HostError";
	code;
	/** @param lack what is missing, @param remedy how to get it */
	constructor(code, lack, remedy) {
		super(`${lack}: ${remedy}`);
		this.code = code;
	}
};
/** Several things that the machine lacks, found in one look: a line each. */
var HostErrors = class extends KnownError {
	name = "HostErrors";
	code;
	lacks;
	constructor(first, ...others) {
		const lacks = [first, ...others];
		super(lacks.map((lack) => lack.message).join("\n"));
		this.code = first.code;
		this.lacks = lacks;
	}
};
/** One error for all that is lacking; undefined where nothing is. */
function hostError([first, ...others]) {
	return first === void 0 || others.length === 0 ? first : new HostErrors(first, ...others);
}
/** A program failed. */
var CommandError = class extends KnownError {
	name = "CommandError";
	code;
	program;
	args;
	outcome;
	/** The last lines it printed, newest last; at most 40. */
	lastLines;
	detail;
	constructor(program, args, outcome, lastLines) {
		super(commandMessage(knownAs(program, args), outcome, lastLines));
		this.code = `command-${outcome.kind}`;
		this.program = program;
		this.args = args;
		this.outcome = outcome;
		this.lastLines = lastLines;
		this.detail = outcome.kind === "canceled" ? [] : [[program, ...args].join(" "), ...lastLines];
	}
};
/** Whether the program was ended by what ends all of a job: then it says nothing of the machine. */
function wasAskedToEnd({ outcome }) {
	return outcome.kind === "canceled" || outcome.kind === "signal" && /^SIG(?:INT|TERM|HUP)$/.test(outcome.signal);
}
/** What the user knows it as: the program behind sudo and env. */
function knownAs(program, args) {
	return [program, ...args].find((word) => !/^(sudo|env|-.*|\w+=.*)$/.test(word)) ?? program;
}
function commandMessage(program, outcome, lastLines) {
	const last = lastLines.findLast((line) => line.trim() !== "");
	const because = last === void 0 ? "" : `: ${last.trim()}`;
	switch (outcome.kind) {
		case "exit": return `${program} failed with exit code ${outcome.code}${because}`;
		case "signal": return `${program} was ended by ${outcome.signal}${because}`;
		case "timeout": return `${program} gave no result within ${outcome.seconds} s and was ended${because}`;
		case "idle": return `${program} neither read nor wrote anything for ${outcome.seconds} s and was ended${because}`;
		case "canceled": return `${program} was ended because the job was canceled`;
		case "missing": return `${program} is not installed or not on the PATH: install it, or let kiwi-oci do so with install-tools`;
	}
}
/** A registry said no, or did not answer. */
var RegistryError = class extends KnownError {
	name = "RegistryError";
	code;
	side;
	reference;
	detail;
	/** @param message one line: the operation, the reference, the reason and what to do */
	constructor(code, message, about) {
		super(message);
		this.code = code;
		this.side = about.side;
		this.reference = about.reference;
		this.detail = about.detail ?? [];
	}
};
/** An OCI invariant is broken: a blob does not hash to its name, a diff ID is missing, a manifest contradicts itself. */
var ImageError = class extends KnownError {
	name = "ImageError";
	code;
	violations;
	constructor(code, subject, violations) {
		super(`${subject} is not a valid OCI image: ${violations.join("; ")}`);
		this.code = code;
		this.violations = violations;
	}
};
/** Shows any thrown value. */
function describeError(thrown) {
	const { code, message, detail = [] } = told(thrown);
	return {
		code,
		message,
		detail,
		exitCode: errorCodes[code]
	};
}
function told(thrown) {
	if (thrown instanceof KnownError) return thrown;
	const error = thrown instanceof Error ? thrown : new Error(String(thrown));
	const filesystem = filesystemFault(error);
	if (filesystem !== void 0) return filesystem;
	if (error.name === "AbortError") return {
		code: "canceled",
		message: "the job was canceled"
	};
	return {
		code: "bug",
		message: `${error.message} (a bug in kiwi-oci: please report it with the lines below)`,
		detail: (error.stack ?? "").split("\n")
	};
}
/** As strerror(3) says ENOSPC and EDQUOT, in what a program prints. */
const NO_SPACE = /no space left on device|disk quota exceeded/i;
/** Whether the disk is full or the quota used up: said by the system, or by a program that failed of it. */
function lacksSpace(error) {
	if (error instanceof CommandError) return error.lastLines.some((line) => NO_SPACE.test(line));
	return error instanceof Error && "code" in error && isSpaceCode(String(error.code));
}
/** A full disk as what it means to the user; any other error as it is. */
function spaceError(error, folder) {
	if (!lacksSpace(error)) return error;
	return new HostError("host-space", `no space is left in ${folder}`, "free some, or choose another place with work-dir, export or TMPDIR");
}
// src/json.ts
/** Whether what `JSON.parse` gave is an object, and no list. */
function isJsonObject(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
// src/oci/jsonnames.ts
/**
* A name that stands twice in one object of a JSON text, if there is one. Readers differ in which of them counts, and
* Go's decoder, which podman, docker and skopeo read documents with, puts both together (RFC 8259 section 4).
*
* @param text valid JSON
*/
function repeatedName(text) {
	const open = [];
	for (let at = 0; at < text.length; at++) {
		const sign = text[at];
		if (sign === "{") open.push(/* @__PURE__ */ new Set());
		else if (sign === "[") open.push(void 0);
		else if (sign === "}" || sign === "]") open.pop();
		else if (sign === "\"") {
			const end = stringEnd(text, at);
			const names = open.at(-1);
			if (names !== void 0 && isName(text, end)) {
				const name = String(JSON.parse(text.slice(at, end)));
				if (names.has(name)) return name;
				names.add(name);
			}
			at = end - 1;
		}
	}
}
/**
* Names of an object that are one of `known` but for their case, which Go's decoder takes for it (encoding/json,
* `Unmarshal`), as it does with the two letters that fold to `k` and `s`.
*/
function miswrittenNames(value, known) {
	const folded = new Map(known.map((name) => [name.toLowerCase(), name]));
	return Object.keys(value).filter((name) => {
		const meant = folded.get(name.toUpperCase().toLowerCase());
		return meant !== void 0 && meant !== name;
	});
}
/** Behind the closing quote of the string that begins at `start`. */
function stringEnd(text, start) {
	for (let at = start + 1; at < text.length; at++) if (text[at] === "\\") at++;
	else if (text[at] === "\"") return at + 1;
	return text.length;
}
function isName(text, end) {
	let at = end;
	while (/[ \t\r\n]/.test(text[at] ?? "")) at++;
	return text[at] === ":";
}
const DEPTH_LIMIT = 64;
/**
* The JSON object in a manifest, index or config that others wrote.
*
* @param subject names the document in the error: `the manifest of ghcr.io/acme/x`
* @throws ImageError when it is larger than 4 MiB, nested deeper than 64, not UTF-8, not JSON, not an object, or
*   has a name twice in one object
*/
function parseDocument(bytes, subject) {
	if (bytes.length > 4194304) throw new ImageError("image-document", subject, [`it has ${bytes.length} bytes, more than 4 MiB`]);
	if (depthOf(bytes) > DEPTH_LIMIT) throw new ImageError("image-document", subject, [`its JSON is nested deeper than ${DEPTH_LIMIT}`]);
	const { value, text } = parsedJson(bytes, subject);
	if (!isJsonObject(value)) throw new ImageError("image-document", subject, ["it is not a JSON object"]);
	const twice = repeatedName(text);
	if (twice !== void 0) throw new ImageError("image-document", subject, [`it has ${JSON.stringify(twice)} twice in one object`]);
	return value;
}
/** Compact JSON in UTF-8, keys in the order of the value: the same value gives the same bytes. */
function documentBytes(value) {
	return Buffer.from(JSON.stringify(value), "utf8");
}
/** A mapping with its keys in byte order, as Go's encoder writes maps, so that the order of the input changes no digest. */
function sortedRecord(entries) {
	return Object.fromEntries([...entries].sort(([a], [b]) => a < b ? -1 : a > b ? 1 : 0));
}
function parsedJson(bytes, subject) {
	try {
		const text = new TextDecoder("utf-8", {
			fatal: true,
			ignoreBOM: true
		}).decode(bytes);
		return {
			value: JSON.parse(text),
			text
		};
	} catch (error) {
		throw new ImageError("image-document", subject, [`it is not JSON in UTF-8 (${`${error instanceof Error ? error.message : error}`.replaceAll(/\s+/g, " ")})`]);
	}
}
const QUOTE = 34;
const BACKSLASH = 92;
const OPENING = /* @__PURE__ */ new Set([91, 123]);
const CLOSING = /* @__PURE__ */ new Set([93, 125]);
function depthOf(bytes) {
	let depth = 0;
	let deepest = 0;
	let inString = false;
	for (let at = 0; at < bytes.length; at++) {
		const byte = bytes[at] ?? 0;
		if (inString) {
			if (byte === BACKSLASH) at++;
			else if (byte === QUOTE) inString = false;
		} else if (byte === QUOTE) inString = true;
		else if (OPENING.has(byte)) deepest = Math.max(deepest, ++depth);
		else if (CLOSING.has(byte)) depth--;
	}
	return deepest;
}
// src/oci/descriptor.ts
/** RFC 6838 section 4.2, as the image-spec asks for. */
const MEDIA_TYPE = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/;
const MEMBERS$2 = [
	"mediaType",
	"digest",
	"size",
	"urls",
	"annotations",
	"data",
	"platform",
	"artifactType"
];
/** What is wrong with a parsed descriptor, each line led by `where`; empty when `descriptorFrom` may take it. */
function descriptorViolations(value, where) {
	if (!isJsonObject(value)) return [`${where} is not a descriptor`];
	const violations = miswrittenNames(value, MEMBERS$2).map((name) => `${where} has ${name}, written in another case`);
	if (typeof value["mediaType"] !== "string" || !MEDIA_TYPE.test(value["mediaType"])) violations.push(`${where} has no valid mediaType`);
	if (typeof value["digest"] !== "string" || !isDigest(value["digest"])) violations.push(`${where} has no sha256 digest`);
	if (!Number.isSafeInteger(value["size"]) || value["size"] < 0) violations.push(`${where} has no size in bytes`);
	if (value["urls"] !== void 0) violations.push(`${where} has urls: content that is not in the registry is never fetched`);
	if (value["artifactType"] !== void 0 && typeof value["artifactType"] !== "string") violations.push(`${where} has an artifactType that is no text`);
	violations.push(...annotationViolations(value["annotations"], where), ...platformViolations(value["platform"], where));
	return violations;
}
/** The known members of a descriptor without violations, in the order the specification lists them. */
function descriptorFrom(value) {
	const { mediaType, digest, size, annotations, platform, artifactType } = value;
	return {
		mediaType,
		digest,
		size,
		...annotations === void 0 ? {} : { annotations },
		...platform === void 0 ? {} : { platform },
		...artifactType === void 0 ? {} : { artifactType }
	};
}
/** The annotations member of a document or descriptor: sorted, and none where there are no annotations. */
function annotationsMember(annotations) {
	const entries = Object.entries(annotations);
	return entries.length === 0 ? {} : { annotations: sortedRecord(entries) };
}
/** What is wrong with an annotations member, which may be absent; image-spec annotations.md. */
function annotationViolations(value, where) {
	if (value === void 0) return [];
	return isJsonObject(value) && Object.values(value).every((text) => typeof text === "string") ? [] : [`${where} has annotations that are no mapping of texts`];
}
function platformViolations(value, where) {
	if (value === void 0) return [];
	return isJsonObject(value) && typeof value["os"] === "string" && typeof value["architecture"] === "string" && ["undefined", "string"].includes(typeof value["variant"]) ? [] : [`${where} has a platform without os and architecture`];
}
// src/oci/manifest.ts
/** image-spec media-types.md; distribution docs, image manifest v2 schema 2. */
const mediaTypes = {
	manifest: "application/vnd.oci.image.manifest.v1+json",
	index: "application/vnd.oci.image.index.v1+json",
	config: "application/vnd.oci.image.config.v1+json",
	layer: "application/vnd.oci.image.layer.v1.tar",
	layerGzip: "application/vnd.oci.image.layer.v1.tar+gzip",
	layerZstd: "application/vnd.oci.image.layer.v1.tar+zstd",
	dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
	dockerList: "application/vnd.docker.distribution.manifest.list.v2+json",
	dockerConfig: "application/vnd.docker.container.image.v1+json",
	dockerLayer: "application/vnd.docker.image.rootfs.diff.tar",
	dockerLayerGzip: "application/vnd.docker.image.rootfs.diff.tar.gzip",
	dockerLayerZstd: "application/vnd.docker.image.rootfs.diff.tar.zstd"
};
const MEMBERS$1 = [
	"schemaVersion",
	"mediaType",
	"artifactType",
	"config",
	"layers",
	"subject",
	"annotations"
];
/** Members of an index, of a list and of schema 1: c/image internal/manifest/common.go refuses them too (CVE-2021-41190). */
const FOREIGN_MEMBERS$1 = [
	"manifests",
	"fsLayers",
	"history"
];
mediaTypes.layer, mediaTypes.layer, mediaTypes.layerGzip, mediaTypes.layerGzip, mediaTypes.layerZstd, mediaTypes.layerZstd, mediaTypes.dockerLayer, mediaTypes.layer, mediaTypes.dockerLayerGzip, mediaTypes.layerGzip, mediaTypes.dockerLayerZstd, mediaTypes.layerZstd;
/**
* The manifest of an image in the bytes that others wrote.
*
* @param expectedMediaType what the registry or the descriptor called it; left out, the manifest's own word counts
* @param subject names it in the error: `the manifest of ghcr.io/acme/x`
* @throws ImageError with all violations: over 4 MiB or 500 layers, deep JSON, no sha256 digests, a media type that
*   contradicts `expectedMediaType`, members of an index beside those of a manifest, `urls`
*/
function parseManifest(bytes, expectedMediaType, subject = "the manifest") {
	const document = parseDocument(bytes, subject);
	const violations = manifestViolations(document, expectedMediaType);
	if (violations.length > 0) throw new ImageError("image-invalid", subject, violations);
	const { artifactType, annotations, subject: referred } = document;
	return {
		schemaVersion: 2,
		mediaType: mediaTypeOf(document, expectedMediaType) ?? mediaTypes.manifest,
		...artifactType === void 0 ? {} : { artifactType },
		config: descriptorFrom(document["config"]),
		layers: document["layers"].map(descriptorFrom),
		...referred === void 0 ? {} : { subject: descriptorFrom(referred) },
		...annotations === void 0 ? {} : { annotations }
	};
}
/** The media type a document claims, else the one it was announced with. */
function mediaTypeOf(document, announced) {
	return typeof document["mediaType"] === "string" ? document["mediaType"] : announced;
}
/** What is wrong with the mediaType member of a manifest or an index. */
function mediaTypeViolations(document, announced, accepted) {
	const own = document["mediaType"];
	if (own !== void 0 && typeof own !== "string") return ["its mediaType is no text"];
	if (own !== void 0 && announced !== void 0 && own !== announced) return [`its mediaType is ${own}, but it was announced as ${announced}`];
	const mediaType = own ?? announced;
	if (mediaType !== void 0 && !accepted.includes(mediaType)) return [`its media type ${mediaType} is not supported`];
	return [];
}
function manifestViolations(document, announced) {
	const { layers, subject } = document;
	const violations = [
		...document["schemaVersion"] === 2 ? [] : ["its schemaVersion is not 2"],
		...mediaTypeViolations(document, announced, [mediaTypes.manifest, mediaTypes.dockerManifest]),
		...FOREIGN_MEMBERS$1.filter((member) => member in document).map((member) => `it has ${member}, which no manifest has`),
		...miswrittenNames(document, MEMBERS$1).map((name) => `it has ${name}, written in another case`),
		...artifactTypeViolations(document),
		...descriptorViolations(document["config"], "its config"),
		...annotationViolations(document["annotations"], "it"),
		...subject === void 0 ? [] : descriptorViolations(subject, "its subject")
	];
	if (!Array.isArray(layers)) return [...violations, "it has no layers"];
	if (layers.length > 500) return [...violations, `it has ${layers.length} layers, more than 500`];
	return [
		...violations,
		...layers.flatMap((layer, position) => layerViolations(layer, `layer ${position + 1}`)),
		...sizeViolations([document["config"], ...layers].filter(isJsonObject))
	];
}
/** What is wrong with the artifactType member of a manifest or an index. */
function artifactTypeViolations(document) {
	return ["undefined", "string"].includes(typeof document["artifactType"]) ? [] : ["its artifactType is no text"];
}
/** One digest has one size: of two only one is looked at where a blob is fetched once. */
function sizeViolations(descriptors) {
	return [...Map.groupBy(descriptors, ({ digest }) => digest)].flatMap(([digest, same]) => new Set(same.map(({ size }) => size)).size > 1 ? [`it says several sizes of ${digest}`] : []);
}
function layerViolations(layer, where) {
	if (isJsonObject(layer) && typeof layer["mediaType"] === "string" && isForeign(layer["mediaType"])) return [foreignText(where)];
	return descriptorViolations(layer, where);
}
function isForeign(mediaType) {
	return mediaType.includes(".foreign.") || mediaType.includes(".nondistributable.");
}
function foreignText(where) {
	return `${where} is a foreign layer, which must not be distributed: choose another base`;
}
// src/registry/transport.ts
/**
* One of `tags`: where to push to.
*
* @returns the reference with its tag, `latest` where none is written, and its full text `registry/repository:tag`
*/
function parseTag(text) {
	const bare = text.startsWith("docker://") ? text.slice(9) : text;
	if (/^:?[\w.-]+$/.test(bare) && /^(?::|v?\d|latest$)/.test(bare)) return { problem: `'${text}' is a tag without a name: write REGISTRY/REPOSITORY:${bare.replace(/^:/, "")}` };
	if (!bare.includes("/")) return { problem: `'${text}' is no full reference: write REGISTRY/REPOSITORY:TAG` };
	const parsed = parseReference(bare);
	if (typeof parsed === "string") return { problem: `'${withoutLogin(text)}' is no reference: ${parsed}` };
	if (parsed.digest !== void 0) return { problem: `'${text}' has a digest, which a push cannot choose: write ${bare.slice(0, bare.indexOf("@"))}` };
	const reference = {
		...parsed,
		tag: parsed.tag ?? "latest"
	};
	return {
		reference,
		text: referenceText(reference)
	};
}
/** The host, with port, of a login: `ghcr.io`, `localhost:5000`; a scheme and a trailing slash are taken off. */
function parseRegistry(text) {
	const host = text.replace(/^https?:\/\//, "").replace(/\/(v[12]\/?)?$/, "");
	const registry = ["index.docker.io", "registry-1.docker.io"].includes(host) ? "docker.io" : host;
	if (/^(?:[A-Za-z0-9.-]+|\[[a-fA-F0-9:]+\])(?::\d{1,5})?$/.test(registry) && !registry.startsWith("-")) return registry;
	return { problem: `'${text}' is no registry: write HOST or HOST:PORT, without a path` };
}
/** What skopeo takes. It refuses a tag beside a digest (c/image docker/docker_transport.go), the digest is kept. */
function imageNameText(name) {
	if (name.transport !== "docker") return `${name.transport}:${name.path}${name.name === void 0 ? "" : `:${name.name}`}`;
	const { registry, repository, tag = "latest", digest } = name.reference;
	return `docker://${referenceText(digest === void 0 ? {
		registry,
		repository,
		tag
	} : {
		registry,
		repository,
		digest
	})}`;
}
/**
* A layout or a folder as skopeo names it.
*
* @throws HostError when the path has a colon, which skopeo takes for the end of it
*/
function folderName(transport, folder, name) {
	if (!folder.includes(":")) return imageNameText({
		transport,
		path: folder,
		...name === void 0 ? {} : { name }
	});
	throw new HostError("host-folder", `skopeo cannot work in ${folder}, for the colon in its name`, "choose another work-dir");
}
// src/oci/container/port.ts
const PORT = /^([0-9]{1,5})(?:\/(tcp|udp|sctp))?$/;
/** Why a text names no port, as a part of a sentence; undefined when it does. */
function portProblem(text) {
	const number = Number(PORT.exec(text)?.[1] ?? NaN);
	if (number >= 1 && number <= 65535) return void 0;
	return `${JSON.stringify(text)} is not a port: write 1 to 65535, with /tcp or /udp after it where it matters`;
}
/** The port with its protocol, as docker writes its key of ExposedPorts; image-spec config.md: tcp where none is written. */
function portKey(text) {
	const [, number = text, protocol = "tcp"] = PORT.exec(text) ?? [];
	return `${Number(number) || number}/${protocol}`;
}
new Set(`HUP INT QUIT ILL TRAP ABRT IOT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CLD CONT STOP TSTP TTIN TTOU URG
  XCPU XFSZ VTALRM PROF WINCH IO POLL PWR SYS RTMIN RTMAX`.split(/\s+/));
/** KIWI's words, in `<containerconfig>`, for keys of the input that docker and podman call otherwise. */
const KIWI_WORDS = /* @__PURE__ */ new Map([
	["author", "maintainer"],
	["workdir", "workingdir"],
	["cmd", "subcommand"],
	["env", "environment"]
]);
// src/spelling.ts
/**
* The known words nearest to a wrong one, for a message: those that it begins, then those a slip or two away; whatever
* the case.
*/
function similarWords(wrong, known) {
	const lower = wrong.toLowerCase();
	const begun = lower.length < 3 ? [] : known.filter((word) => word.startsWith(lower));
	const slips = lower.length < 5 ? 1 : 2;
	const near = known.filter((word) => editDistance(lower, word) <= slips);
	return [.../* @__PURE__ */ new Set([...begun, ...near])];
}
/** How many letters have to be added, removed or changed (Levenshtein). */
function editDistance(a, b) {
	let row = Array.from({ length: b.length + 1 }, (_, i) => i);
	for (const [i, letter] of [...a].entries()) {
		const next = [i + 1];
		for (const [j, other] of [...b].entries()) {
			const change = (row[j] ?? 0) + (letter === other ? 0 : 1);
			next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
		}
		row = next;
	}
	return row.at(-1) ?? 0;
}
// src/inputs/containerconfig.ts
/** What a container is called, in KIWI's words. */
const NAMING = /* @__PURE__ */ new Map([
	["name", scalar],
	["tag", scalar],
	["additionalnames", namesList]
]);
const CHANGES = {
	author: scalar,
	user: scalar,
	workdir: scalar,
	entrypoint: (value) => texts(value, "[\"sh\", \"-c\"]"),
	cmd: (value) => texts(value, "[\"sleep\", \"10\"]"),
	expose: ports,
	volumes: (value) => texts(value, "[\"/data\"]"),
	stopsignal: scalar,
	env: mapping,
	labels: mapping,
	history
};
[...new Map([...NAMING, ...Object.entries(CHANGES)]).keys()];
new Map([...KIWI_WORDS].map(([key, word]) => [word, key]));
function texts(value, example) {
	if (!Array.isArray(value)) return { problem: `write a list: ${example}` };
	const other = value.find((item) => typeof item !== "string");
	if (other === void 0) return { value };
	return { problem: `a list of texts is needed: ${isScalar(other) ? `write "${other}" in quotes` : `such as ${example}`}` };
}
/** A list, or one text with commas, as KIWI's attribute is written. */
function namesList(value) {
	return texts(typeof value === "string" ? value.split(",").map((name) => name.trim()) : value, "[\"acme/other:1.0\", \":stable\"]");
}
function scalar(value) {
	return isScalar(value) ? { value: `${value}` } : { problem: "write one text" };
}
function mapping(value) {
	if (!isJsonObject(value)) return { problem: "write a mapping: NAME: VALUE" };
	const wrong = Object.entries(value).find(([, member]) => member !== null && !isScalar(member));
	if (wrong !== void 0) return { problem: `the value of ${JSON.stringify(wrong[0])} is no text` };
	return { value: mappedTexts(value) };
}
function history(value) {
	const known = [
		"created_by",
		"author",
		"comment"
	];
	if (!isJsonObject(value)) return { problem: `write a mapping with ${known.join(", ")}` };
	const read = mapping(value);
	if ("problem" in read) return read;
	const unknown = Object.keys(read.value).find((name) => !known.includes(name));
	if (unknown !== void 0) return { problem: `unknown key ${JSON.stringify(unknown)}: known are ${known.join(", ")}` };
	const { created_by: createdBy, ...others } = read.value;
	return { value: {
		...others,
		...createdBy === void 0 ? {} : { createdBy }
	} };
}
function mappedTexts(value) {
	return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, member === null ? null : `${member}`]));
}
/** As docker writes them, with the protocol. */
function ports(value) {
	const isNumber = (port) => typeof port === "number" || typeof port === "bigint";
	const read = texts(Array.isArray(value) ? value.map((port) => isNumber(port) ? `${port}` : port) : value, "[80, 53/udp]");
	if ("problem" in read) return read;
	return { value: read.value.map((port) => portProblem(port) === void 0 ? portKey(port) : port) };
}
function isScalar(value) {
	return [
		"string",
		"number",
		"bigint",
		"boolean"
	].includes(typeof value);
}
// src/oci/kind.ts
/**
* What runs podman's machine: QEMU on Linux, Apple's frameworks on macOS, Hyper-V on Windows. podman's own words, in the
* annotation `disktype`; pkg/machine/define/vmtype.go.
*/
const DISK_TYPES = [
	"qemu",
	"applehv",
	"hyperv"
];
/** podman looks for the kernel's names in the index, not for Go's: pkg/machine/ocipull/ociartifact.go. */
const MACHINE_ARCHITECTURES = /* @__PURE__ */ new Map([["amd64", "x86_64"], ["arm64", "aarch64"]]);
function isDiskType(text) {
	return DISK_TYPES.includes(text);
}
/** Whether an architecture in an index is one of podman machine's, which no container runtime calls so. */
function isMachineArchitecture(architecture) {
	return [...MACHINE_ARCHITECTURES.values()].some((name) => name === architecture);
}
// src/inputs/raw.ts
/**
* Inputs as they were written: from a workflow one text for each, from a command line one for each time a flag stands
* there. Names and kinds are the contract that `action.yml` and `--help` show.
*/
const DEFINITIONS = {
	description: {
		kind: "text",
		value: "PATH",
		help: "folder or file of a KIWI description"
	},
	disk: {
		kind: "text",
		value: "FILE",
		help: "an existing disk file: wrap it, build nothing"
	},
	profiles: {
		kind: "list",
		value: "NAME",
		help: "KIWI's profiles"
	},
	type: {
		kind: "text",
		value: "NAME",
		help: "KIWI's build type, where the description has several"
	},
	"kiwi-global-arguments": {
		kind: "list",
		value: "ARG",
		help: "arguments for kiwi-ng before system build"
	},
	"kiwi-arguments": {
		kind: "list",
		value: "ARG",
		help: "arguments for kiwi-ng after system build"
	},
	repositories: {
		kind: "list",
		value: "'URI [DIST [COMPONENT…]]'",
		help: "what obsrepositories:/ stands for; default: those of this machine"
	},
	kind: {
		kind: "list",
		value: "container|kubevirt|podman-machine|artifact|podman-machine-4",
		help: "who the disk is for; default: container"
	},
	disktype: {
		kind: "list",
		value: "qemu|applehv|hyperv",
		help: "machines of podman-machine; default: qemu"
	},
	instancetype: {
		kind: "text",
		value: "NAME",
		help: "of kubevirt: the instance type, like u1.small"
	},
	preference: {
		kind: "text",
		value: "NAME",
		help: "of kubevirt: the preference, like fedora"
	},
	format: {
		kind: "text",
		value: "qcow2|raw|vmdk|vdi|vhd|vhdx|vhd-fixed|gce|ova",
		help: "disk format in the image; default: the description's, else the kind's"
	},
	"disk-path": {
		kind: "text",
		value: "PATH",
		help: "path of the disk in the image; default: /disk/NAME"
	},
	"base-image": {
		kind: "text",
		value: "REF",
		help: "the reference container; default: derived_from, else scratch"
	},
	containerconfig: {
		kind: "yaml",
		value: "YAML",
		help: "as text: name, tag, author, entrypoint, cmd, env, labels, user, workdir, …"
	},
	labels: {
		kind: "list",
		value: "KEY=VALUE",
		help: "labels of the image"
	},
	annotations: {
		kind: "list",
		value: "[LEVEL:]KEY=VALUE",
		help: "manifest (default), index, manifest-descriptor or index-descriptor"
	},
	platform: {
		kind: "text",
		value: "OS/ARCH",
		help: "platform of the image, which is the disk's too; default: the machine's"
	},
	compression: {
		kind: "text",
		value: "gzip|zstd|none[:LEVEL]",
		help: "of the layer; default: gzip; artifact: always none, podman-machine: always zstd"
	},
	tags: {
		kind: "list",
		value: "REF",
		help: "references to push to; default: the container's names"
	},
	push: {
		kind: "boolean",
		value: "",
		help: "push to the tags; without it the log says what would be pushed"
	},
	"push-by-digest": {
		kind: "boolean",
		value: "",
		help: "push to the repository without any tag; default: false"
	},
	repository: {
		kind: "text",
		value: "REGISTRY/NAME",
		help: "where push-by-digest pushes to"
	},
	export: {
		kind: "list",
		value: "DEST",
		help: "skopeo destination, oci:DIR[:REF], or none; default: the format's"
	},
	registry: {
		kind: "text",
		value: "HOST",
		help: "registry of the login and of names without one; default: the tags' one"
	},
	username: {
		kind: "text",
		value: "NAME",
		help: "login for this job only"
	},
	password: {
		kind: "secret",
		value: "",
		help: ""
	},
	authfile: {
		kind: "text",
		value: "FILE",
		help: "a file of logins to use instead of the existing ones"
	},
	"tls-verify": {
		kind: "boolean",
		value: "",
		help: "check certificates of registries; default: true"
	},
	cache: {
		kind: "boolean",
		value: "",
		help: "keep base layers, tools and packages; default: true"
	},
	"fast-build": {
		kind: "boolean",
		value: "",
		help: "leave out of KIWI's build what changes nothing in the disk; default: true"
	},
	"install-tools": {
		kind: "boolean",
		value: "",
		help: "install what is missing; default: false"
	},
	"kiwi-version": {
		kind: "text",
		value: "VERSION",
		help: "exact version from PyPI, or system"
	},
	"work-dir": {
		kind: "text",
		value: "DIR",
		help: "where to build; default: the system's temp"
	},
	"source-date-epoch": {
		kind: "text",
		value: "SECONDS",
		help: "created, history and tar times"
	},
	summary: {
		kind: "boolean",
		value: "",
		help: "job summary, in a workflow; default: true"
	},
	images: {
		kind: "list",
		value: "REGISTRY/NAME@DIGEST",
		help: "what was pushed by digest, one for each platform"
	}
};
/** What a merge takes instead of a disk or a description, in the order of its help. */
const MERGE_NAMES = [
	"images",
	"tags",
	"annotations",
	"registry",
	"username",
	"password",
	"authfile",
	"tls-verify",
	"install-tools"
];
const ALL_NAMES = Object.keys(DEFINITIONS);
/** What all else takes. */
const INPUT_NAMES = ALL_NAMES.filter((name) => name !== "images");
function inputDefinition(name) {
	return DEFINITIONS[name];
}
/**
* The input of this name, whatever its case (a runner upper-cases names), if there is one.
*
* @param names where to look; all where left out
*/
function inputNamed(name, names = ALL_NAMES) {
	const lower = name.toLowerCase();
	return names.find((known) => known === lower);
}
/** Lists whose values hold no commas: docker's metadata action writes tags so, and words are short. */
const SPLIT_AT_COMMAS = [
	"tags",
	"kind",
	"disktype",
	"images"
];
/** Whether a single text, also one of a command line, may hold several entries. */
function splitsAtCommas(name) {
	return SPLIT_AT_COMMAS.includes(name);
}
/**
* The entries that one text of a workflow holds: a list has one a line, some also split at commas. `images` are outputs of
* jobs, put together by expressions that know no lines.
*/
function rawEntries(name, text) {
	if (inputDefinition(name).kind !== "list") return [text];
	if (name === "images") return text.split(/[\s,]+/);
	return text.split(splitsAtCommas(name) ? /[\n,]/ : "\n");
}
/** The known names nearest to a wrong one, for a message. */
function similarNames(wrong, names = INPUT_NAMES) {
	return similarWords(wrong, names).slice(0, 2);
}
// src/inputs/reader.ts
const TRUE = [
	"true",
	"True",
	"TRUE"
];
const FALSE = [
	"false",
	"False",
	"FALSE"
];
/** Reads single inputs and collects what is wrong with them. */
var InputReader = class {
	raw;
	facts;
	problems = [];
	constructor(raw, facts) {
		this.raw = raw;
		this.facts = facts;
		for (const name of raw.keys()) if (inputNamed(name) === void 0) throw new Error(`undeclared input ${name}`);
	}
	refuse(name, text) {
		this.problems.push({
			where: `input ${name}`,
			text
		});
	}
	/** The value without surrounding blanks; an empty one counts as not given. */
	text(name) {
		const value = this.secret(name)?.trim();
		return value === "" ? void 0 : value;
	}
	/** The value as it was given: blanks may belong to a password. */
	secret(name) {
		const value = this.raw.get(name)?.at(-1);
		return value === "" ? void 0 : value;
	}
	optional(key, name) {
		const value = this.text(name);
		return value === void 0 ? {} : { [key]: value };
	}
	list(name) {
		return (this.raw.get(name) ?? []).map((line) => line.trim()).filter((line) => line !== "");
	}
	boolean(name, otherwise) {
		const text = this.text(name);
		if (text === void 0) return otherwise;
		if (!TRUE.includes(text) && !FALSE.includes(text)) this.refuse(name, `'${text}' is no boolean: write true or false`);
		return TRUE.includes(text);
	}
	/** `KEY=VALUE` lines; the value may hold `=` and may be empty. The last of a key wins, as in docker's actions. */
	pairs(name) {
		const entries = [];
		for (const line of this.list(name)) {
			const split = line.indexOf("=");
			if (split > 0) entries.push([line.slice(0, split).trim(), line.slice(split + 1)]);
			else this.refuse(name, `'${line}' is no KEY=VALUE: write the key, an equals sign and the value`);
		}
		return Object.fromEntries(entries);
	}
};
// src/inputs/inputs.ts
/** The input `annotations`, each with its levels. */
function annotationList(reader) {
	return reader.list("annotations").flatMap((text) => {
		const parsed = parseAnnotation(text);
		if (typeof parsed !== "string") return parsed;
		reader.refuse("annotations", parsed);
		return [];
	});
}
/** The input `tags`: full references, each once. */
function tagList(reader) {
	const texts = [];
	for (const text of reader.list("tags")) {
		const parsed = parseTag(text);
		if ("problem" in parsed) reader.refuse("tags", parsed.problem);
		else if (!texts.includes(parsed.text)) texts.push(parsed.text);
	}
	return texts;
}
function optionalLogin(reader) {
	const username = reader.text("username");
	const password = reader.secret("password");
	if (username === void 0 && password === void 0) return {};
	if (username === void 0) reader.refuse("username", "missing while a password is given: a login needs both");
	if (password === void 0) reader.refuse("password", "missing while a username is given: a login needs both");
	return username === void 0 || password === void 0 ? {} : { login: {
		username,
		password
	} };
}
function optionalRegistry(reader) {
	const text = reader.text("registry");
	if (text === void 0) return {};
	const parsed = parseRegistry(text);
	if (typeof parsed === "string") return { registry: parsed };
	reader.refuse("registry", parsed.problem);
	return {};
}
// src/inputs/mergeinputs.ts
/** @returns the inputs and every problem found in them */
function readMergeInputs(raw, facts) {
	const reader = new InputReader(raw, facts);
	return {
		inputs: {
			images: images(reader),
			tags: tagList(reader),
			annotations: annotationList(reader),
			...optionalRegistry(reader),
			...optionalLogin(reader),
			...reader.optional("authfile", "authfile"),
			tlsVerify: reader.boolean("tls-verify", true),
			installTools: reader.boolean("install-tools", reader.facts.installTools)
		},
		problems: reader.problems
	};
}
function images(reader) {
	return reader.list("images").flatMap((text) => {
		const parsed = parseReference(text);
		if (typeof parsed === "string") reader.refuse("images", `'${withoutLogin(text)}' is no reference: ${parsed}`);
		else if (parsed.digest === void 0) reader.refuse("images", `'${text}' has no digest: write REGISTRY/NAME@sha256:…, as the output image of a build is`);
		else {
			const { registry, repository, digest } = parsed;
			return [{
				registry,
				repository,
				digest
			}];
		}
		return [];
	});
}
// src/plan/loginregistry.ts
/**
* The registry of the login: as given, else the one that the inputs name. Never one that only a description names: whoever
* changes it, in a pull request perhaps, would choose who is told the password.
*
* @param named registries of what the inputs name
* @param without why there may be none, for the message
* @returns none without a login; a problem where nothing tells which one it is for
*/
function loginRegistry({ registry, login }, named, without = "there are no tags to take it from") {
	if (login === void 0) return {};
	if (registry !== void 0) return { loginRegistry: registry };
	const [first, ...others] = new Set(named);
	if (first !== void 0 && others.length === 0) return { loginRegistry: first };
	return {
		where: "input registry",
		text: `missing, and ${first === void 0 ? without : `tags name ${[first, ...others].join(" and ")}`}: write the registry that the login is for`
	};
}
/** That nothing is done with the input `registry` where there is no login. */
function loneRegistryProblem(registry) {
	return {
		where: "input registry",
		text: `a login for ${registry} needs username and password: give both, or leave registry out`
	};
}
// src/plan/merging.ts
/** @throws InputError with every problem of the inputs, by themselves and together */
function mergePlan(given) {
	const { images, tags, annotations, tlsVerify, installTools } = given.inputs;
	const problems = [...given.problems];
	const isRefused = (...names) => given.problems.some(({ where }) => names.some((name) => where === `input ${name}`));
	if (images.length === 0 && !isRefused("images")) problems.push(missing("images", "REGISTRY/NAME@sha256:…, one a line"));
	if (tags.length === 0 && !isRefused("tags")) problems.push(missing("tags", "REGISTRY/NAME:TAG"));
	const repositories = repositoriesOf(tags);
	if (repositories.length > 0) problems.push(...elsewhere(images, repositories.map(repositoryText)));
	problems.push(...repeated$1(images));
	const login = loginRegistry(given.inputs, repositories.map(({ registry }) => registry));
	if ("where" in login && repositories.length > 0 && !isRefused("registry")) problems.push(login);
	const isLone = given.inputs.login === void 0 && !isRefused("username", "password");
	if (given.inputs.registry !== void 0 && isLone) problems.push(loneRegistryProblem(given.inputs.registry));
	if (problems.length > 0 || "where" in login) throw new InputError(problems);
	return {
		images,
		tags,
		repositories,
		annotations,
		...login,
		tlsVerify,
		installTools
	};
}
function missing(input, form) {
	return {
		where: `input ${input}`,
		text: `missing: write ${form}`
	};
}
function repositoriesOf(tags) {
	const found = tags.flatMap((tag) => {
		const parsed = parseTag(tag);
		if ("problem" in parsed) return [];
		const { registry, repository } = parsed.reference;
		return [{
			registry,
			repository
		}];
	});
	return [...new Map(found.map((each) => [repositoryText(each), each])).values()];
}
/** A registry takes an index only where it has what the index names. */
function elsewhere(images, repositories) {
	return images.filter((image) => !repositories.includes(repositoryText(image))).map((image) => ({
		where: "input images",
		text: `${referenceText(image)} is not in ${repositories.join(" or ")}, where the tags are: push it there by digest`
	}));
}
/** Outputs of a matrix of jobs have one name: only the last one's stays. */
function repeated$1(images) {
	const found = images.filter(({ digest }, at) => images.findIndex((each) => each.digest === digest) !== at);
	return [...new Set(found.map(referenceText))].map((name) => ({
		where: "input images",
		text: `${name} stands there more than once: each job of a matrix needs an output of its own`
	}));
}
// node_modules/@actions/core/lib/utils.js
/**
* Sanitizes an input into a string so it can be passed into issueCommand safely
* @param input input to sanitize into a string
*/
function toCommandValue(input) {
	if (input === null || input === void 0) return "";
	else if (typeof input === "string" || input instanceof String) return input;
	return JSON.stringify(input);
}
/**
*
* @param annotationProperties
* @returns The command properties to send with the actual annotation command
* See IssueCommandProperties: https://github.com/actions/runner/blob/main/src/Runner.Worker/ActionCommandManager.cs#L646
*/
function toCommandProperties(annotationProperties) {
	if (!Object.keys(annotationProperties).length) return {};
	return {
		title: annotationProperties.title,
		file: annotationProperties.file,
		line: annotationProperties.startLine,
		endLine: annotationProperties.endLine,
		col: annotationProperties.startColumn,
		endColumn: annotationProperties.endColumn
	};
}
// node_modules/@actions/core/lib/command.js
/**
* Issues a command to the GitHub Actions runner
*
* @param command - The command name to issue
* @param properties - Additional properties for the command (key-value pairs)
* @param message - The message to include with the command
* @remarks
* This function outputs a specially formatted string to stdout that the Actions
* runner interprets as a command. These commands can control workflow behavior,
* set outputs, create annotations, mask values, and more.
*
* Command Format:
*   ::name key=value,key=value::message
*
* @example
* ```typescript
* // Issue a warning annotation
* issueCommand('warning', {}, 'This is a warning message');
* // Output: ::warning::This is a warning message
*
* // Set an environment variable
* issueCommand('set-env', { name: 'MY_VAR' }, 'some value');
* // Output: ::set-env name=MY_VAR::some value
*
* // Add a secret mask
* issueCommand('add-mask', {}, 'secretValue123');
* // Output: ::add-mask::secretValue123
* ```
*
* @internal
* This is an internal utility function that powers the public API functions
* such as setSecret, warning, error, and exportVariable.
*/
function issueCommand(command, properties, message) {
	const cmd = new Command(command, properties, message);
	process.stdout.write(cmd.toString() + os.EOL);
}
function issue(name, message = "") {
	issueCommand(name, {}, message);
}
const CMD_STRING = "::";
var Command = class {
	constructor(command, properties, message) {
		if (!command) command = "missing.command";
		this.command = command;
		this.properties = properties;
		this.message = message;
	}
	toString() {
		let cmdStr = CMD_STRING + this.command;
		if (this.properties && Object.keys(this.properties).length > 0) {
			cmdStr += " ";
			let first = true;
			for (const key in this.properties) if (this.properties.hasOwnProperty(key)) {
				const val = this.properties[key];
				if (val) {
					if (first) first = false;
					else cmdStr += ",";
					cmdStr += `${key}=${escapeProperty(val)}`;
				}
			}
		}
		cmdStr += `${CMD_STRING}${escapeData(this.message)}`;
		return cmdStr;
	}
};
function escapeData(s) {
	return toCommandValue(s).replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
}
function escapeProperty(s) {
	return toCommandValue(s).replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A").replace(/:/g, "%3A").replace(/,/g, "%2C");
}
// node_modules/@actions/core/lib/file-command.js
function issueFileCommand(command, message) {
	const filePath = process.env[`GITHUB_${command}`];
	if (!filePath) throw new Error(`Unable to find environment variable for file command ${command}`);
	if (!fs.existsSync(filePath)) throw new Error(`Missing file at path: ${filePath}`);
	fs.appendFileSync(filePath, `${toCommandValue(message)}${os.EOL}`, { encoding: "utf8" });
}
function prepareKeyValueMessage(key, value) {
	const delimiter = `ghadelimiter_${crypto.randomUUID()}`;
	const convertedValue = toCommandValue(value);
	if (key.includes(delimiter)) throw new Error(`Unexpected input: name should not contain the delimiter "${delimiter}"`);
	if (convertedValue.includes(delimiter)) throw new Error(`Unexpected input: value should not contain the delimiter "${delimiter}"`);
	return `${key}<<${delimiter}${os.EOL}${convertedValue}${os.EOL}${delimiter}`;
}
/**
* The code to exit an action
*/
var ExitCode;
(function(ExitCode) {
	/**
	* A code indicating that the action was successful
	*/
	ExitCode[ExitCode["Success"] = 0] = "Success";
	/**
	* A code indicating that the action was a failure
	*/
	ExitCode[ExitCode["Failure"] = 1] = "Failure";
})(ExitCode || (ExitCode = {}));
/**
* Registers a secret which will get masked from logs
*
* @param secret - Value of the secret to be masked
* @remarks
* This function instructs the Actions runner to mask the specified value in any
* logs produced during the workflow run. Once registered, the secret value will
* be replaced with asterisks (***) whenever it appears in console output, logs,
* or error messages.
*
* This is useful for protecting sensitive information such as:
* - API keys
* - Access tokens
* - Authentication credentials
* - URL parameters containing signatures (SAS tokens)
*
* Note that masking only affects future logs; any previous appearances of the
* secret in logs before calling this function will remain unmasked.
*
* @example
* ```typescript
* // Register an API token as a secret
* const apiToken = "abc123xyz456";
* setSecret(apiToken);
*
* // Now any logs containing this value will show *** instead
* console.log(`Using token: ${apiToken}`); // Outputs: "Using token: ***"
* ```
*/
function setSecret(secret) {
	issueCommand("add-mask", {}, secret);
}
/**
* Sets the value of an output.
*
* @param     name     name of the output to set
* @param     value    value to store. Non-string values will be converted to a string via JSON.stringify
*/
function setOutput(name, value) {
	if (process.env["GITHUB_OUTPUT"] || "") return issueFileCommand("OUTPUT", prepareKeyValueMessage(name, value));
	process.stdout.write(os.EOL);
	issueCommand("set-output", { name }, toCommandValue(value));
}
/**
* Adds an error issue
* @param message error issue message. Errors will be converted to string via toString()
* @param properties optional properties to add to the annotation.
*/
function error(message, properties = {}) {
	issueCommand("error", toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
/**
* Adds a warning issue
* @param message warning issue message. Errors will be converted to string via toString()
* @param properties optional properties to add to the annotation.
*/
function warning(message, properties = {}) {
	issueCommand("warning", toCommandProperties(properties), message instanceof Error ? message.toString() : message);
}
/**
* Writes info to log with console.log.
* @param message info message
*/
function info(message) {
	process.stdout.write(message + os.EOL);
}
/**
* Begin an output group.
*
* Output until the next `groupEnd` will be foldable in this group
*
* @param name The name of the output group
*/
function startGroup(name) {
	issue("group", name);
}
/**
* End an output group.
*/
function endGroup() {
	issue("endgroup");
}
/**
* Saves state for current action, the state can only be retrieved by this action's post job execution.
*
* @param     name     name of the state to store
* @param     value    value to store. Non-string values will be converted to a string via JSON.stringify
*/
function saveState(name, value) {
	if (process.env["GITHUB_STATE"] || "") return issueFileCommand("STATE", prepareKeyValueMessage(name, value));
	issueCommand("save-state", { name }, toCommandValue(value));
}
// src/idleness.ts
const LOOKS = 4;
const IDLE_BYTES = 4096;
/**
* Looks at a program until it reads and writes less than 4 KiB, of files, pipes and sockets together, in so many seconds.
*
* @returns to be called when it has ended
*/
function watchIdle(pid, seconds, onIdle) {
	if (pid === void 0 || seconds === void 0) return () => {};
	const seen = [0];
	const timer = setInterval(() => {
		const moved = movedBytes(pid);
		if (moved === void 0) return;
		seen.push(moved);
		if (seen.length <= LOOKS) return;
		if (moved - (seen.shift() ?? 0) >= IDLE_BYTES) return;
		clearInterval(timer);
		onIdle();
	}, seconds * 1e3 / LOOKS);
	return () => clearInterval(timer);
}
/** What a process has read and written so far; proc_pid_io(5). Undefined where we may not know it, or it has ended. */
function movedBytes(pid) {
	try {
		const text = readFileSync(`/proc/${pid}/io`, "utf8");
		return Number(/^rchar: (\d+)$/m.exec(text)?.[1]) + Number(/^wchar: (\d+)$/m.exec(text)?.[1]);
	} catch {
		return;
	}
}
// src/command.ts
const KEPT_LINES = 40;
/** After SIGTERM a program has this long before it is killed. */
const GRACE_MILLISECONDS = 5e3;
/** After the end of a program that was to end, what it has printed is read for so long. */
const LAST_WORDS_MILLISECONDS = 500;
/**
* Runs a program from an argument list, never through a shell.
*
* @throws CommandError when it cannot be started, exits with a code not in `accept`, is ended by a signal, runs into
*   its time limit, stands still or is canceled. A non-zero exit is always an error. HostError where `cwd` is no folder; what `onLine`
*   throws, when the program has ended of it.
*/
async function runCommand(program, args, options = {}) {
	const fail = (outcome, lines) => new CommandError(program, args, outcome, lines);
	if (options.cwd !== void 0) await requireFolder(options.cwd);
	if (options.signal?.aborted) throw fail({ kind: "canceled" }, []);
	const child = spawn(program, args, {
		cwd: options.cwd,
		env: markedEnvironment(options),
		stdio: [
			"pipe",
			"pipe",
			"pipe"
		],
		detached: options.apart ?? false
	});
	const lastLines = [];
	const chunks = [];
	const errors = [];
	const keep = (line) => {
		lastLines.push(line);
		if (lastLines.length > KEPT_LINES) lastLines.shift();
		options.onLine?.(line);
	};
	const readers = [options.onLine ? eachLine(child.stdout, keep) : collect(child.stdout, chunks), eachLine(child.stderr, (line) => {
		if (!options.onLine) errors.push(line);
		keep(line);
	})];
	feed(child.stdin, options);
	const ended = endOf(child);
	const stopper = stopWhenAsked(child, options);
	child.once("exit", () => {
		if (stopper.reason === void 0) return;
		setTimeout(() => {
			for (const stream of [child.stdout, child.stderr]) stream.destroy();
		}, LAST_WORDS_MILLISECONDS);
	});
	try {
		const [end] = await Promise.all([ended, ...readers]).catch(async (error) => {
			if (child.pid === void 0) throw isMissing(error) ? fail({ kind: "missing" }, []) : error;
			if (stopper.reason !== void 0) throw fail(stopper.reason, lastLines);
			stopper.stop({ kind: "canceled" });
			for (const stream of [child.stdout, child.stderr]) stream.destroy();
			throw await ended.then(() => error);
		});
		const lines = lastLines.length > 0 ? lastLines : tail(chunks);
		const failure = stopper.reason ?? failureOf(end, options.accept);
		if (failure !== void 0) throw fail(failure, lines);
		return {
			exitCode: end.code ?? 0,
			stdout: Buffer.concat(chunks),
			stderr: errors.join("\n")
		};
	} finally {
		stopper.release();
	}
}
function feed(stdin, { input, onInput, stopByEndOfInput }) {
	stdin.on("error", () => {});
	if (input !== void 0) stdin.write(input);
	onInput?.(stdin);
	if (!stopByEndOfInput && onInput === void 0) stdin.end();
}
function failureOf({ code, signal }, accept = [0]) {
	if (code === null) return {
		kind: "signal",
		signal: signal ?? "an unknown signal"
	};
	return accept.includes(code) ? void 0 : {
		kind: "exit",
		code
	};
}
function endOf(child) {
	return new Promise((resolve, reject) => {
		child.on("error", (error) => child.pid === void 0 && reject(error));
		child.once("close", (code, signal) => resolve({
			code,
			signal
		}));
	});
}
/** Node tells a missing one as a missing program. */
async function requireFolder(folder) {
	await access(`${folder}/.`, constants.X_OK).catch(({ code }) => {
		throw new HostError("host-folder", `${folder} is no folder to work in (${code})`, "it was removed or closed meanwhile: run the job again");
	});
}
function stopWhenAsked(child, options) {
	const state = {
		stop: (reason) => stop(reason),
		release: () => {}
	};
	const timers = [];
	const stop = (reason) => {
		state.reason ??= reason;
		if (options.stopByEndOfInput) child.stdin?.end();
		else sendSignal(child, options.stopSignal ?? "SIGTERM");
		const grace = options.graceSeconds === void 0 ? GRACE_MILLISECONDS : options.graceSeconds * 1e3;
		timers.push(setTimeout(() => sendSignal(child, "SIGKILL"), grace));
	};
	const onAbort = () => stop({ kind: "canceled" });
	options.signal?.addEventListener("abort", onAbort, { once: true });
	const { timeoutSeconds } = options;
	if (timeoutSeconds !== void 0) timers.push(setTimeout(() => stop({
		kind: "timeout",
		seconds: timeoutSeconds
	}), timeoutSeconds * 1e3));
	const { idleSeconds = 0 } = options;
	const forget = watchIdle(child.pid, options.idleSeconds, () => stop({
		kind: "idle",
		seconds: idleSeconds
	}));
	state.release = () => {
		forget();
		options.signal?.removeEventListener("abort", onAbort);
		for (const timer of timers) clearTimeout(timer);
	};
	return state;
}
/** A program that sudo started for us is root's: we may not signal it (kill(2)), sudo may, and it passes the signal on. */
function sendSignal(child, signal) {
	if (child.pid === void 0 || child.exitCode !== null || child.signalCode !== null) return;
	try {
		process.kill(child.pid, signal);
	} catch (error) {
		if (!isErrno(error) || error.code !== "EPERM") return;
		spawn("sudo", [
			"-n",
			"kill",
			"-s",
			signal.slice(3),
			String(child.pid)
		], { stdio: "ignore" }).on("error", () => {});
	}
}
const RUNNER_VARIABLES = /^(INPUT_|STATE_|ACTIONS_|KIWI_OCI_)|^(GITHUB_TOKEN|NODE_OPTIONS)$/;
/** What the actions' runner hands to its steps, tokens among it: no program that we start needs any of it. */
function isRunnerVariable(name) {
	return RUNNER_VARIABLES.test(name);
}
const MARK = `KIWI_OCI_PROCESS=${randomUUID()}`;
let isMarking = false;
/**
* From now on what may be ended at any moment, and what that starts, has a mark in its environment, by which somebody else
* finds it when this process is killed: kill(2) ends no children.
*
* @returns the mark, `NAME=VALUE`
*/
function markPrograms() {
	isMarking = true;
	return MARK;
}
function markedEnvironment({ env, signal, stopSignal, stopByEndOfInput, apart }) {
	const whole = env ?? inheritedEnvironment();
	if (!isMarking || !(signal !== void 0 && stopSignal !== "SIGINT" && !stopByEndOfInput && !apart)) return whole;
	const [name = "", value] = MARK.split("=");
	return {
		...whole,
		[name]: value
	};
}
function inheritedEnvironment() {
	return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isRunnerVariable(name)));
}
async function eachLine(stream, onLine) {
	for await (const line of createInterface({
		input: stream,
		crlfDelay: Number.POSITIVE_INFINITY
	})) onLine(line);
}
async function collect(stream, into) {
	for await (const chunk of stream) into.push(chunk);
}
function tail(chunks) {
	return Buffer.concat(chunks).toString("utf8").trimEnd().split("\n").slice(-40);
}
function isErrno(error) {
	return error instanceof Error && "code" in error;
}
function isMissing(error) {
	return isErrno(error) && ["ENOENT", "EACCES"].includes(error.code ?? "");
}
// src/host/privileges.ts
/** Finds out by the user id, then by whether sudo works without a password. */
async function findPrivileges(uid = process.getuid?.()) {
	if (uid === 0) return { kind: "root" };
	try {
		await runCommand("sudo", ["-n", "true"], { timeoutSeconds: 20 });
		return { kind: "sudo" };
	} catch (error) {
		if (error instanceof CommandError && !wasAskedToEnd(error)) return { kind: "none" };
		throw error;
	}
}
/**
* The command line that runs a program as root.
*
* @throws HostError where there is no way to become root
*/
function asRoot(privileges, program, args) {
	switch (privileges.kind) {
		case "root": return {
			program,
			args
		};
		case "sudo": return {
			program: "sudo",
			args: [
				"-n",
				"--",
				program,
				...args
			]
		};
		case "none": throw new HostError("host-root", "building needs root", "run as root or with password-less sudo");
	}
}
// src/oci/store/file.ts
/**
* Writes a file of ours into a folder that goes with the job, as Node's `writeFile`, whose error does not say where the disk
* is full.
*
* @throws HostError when the disk is full; other errors of the file system are passed on
*/
async function putText(path, content, options = {}) {
	try {
		await writeFile(path, content, options);
	} catch (error) {
		throw spaceError(error, dirname(path));
	}
}
// src/oci/store/folder.ts
/**
* Makes a folder and those above it. What is there already stays.
*
* Not with `recursive`: where a parent is there and takes no folders, as in /proc, Node 24 tries for ever
* (libuv says ENOENT, and Node makes the parent again).
*
* @throws errors of the file system
*/
async function makeFolder(path) {
	try {
		await mkdir(path);
	} catch (error) {
		const code = error instanceof Error && "code" in error ? error.code : void 0;
		if (code === "EEXIST" && (await stat(path)).isDirectory()) return;
		const parent = dirname(path);
		if (code !== "ENOENT" || parent === path || await isThere(parent)) throw error;
		await makeFolder(parent);
		await makeFolder(path);
	}
}
/** Whether something is there: behind links, and as far as we may look. */
async function isThere(path) {
	return await stat(path).catch(() => void 0) !== void 0;
}
// src/oci/store/temporary.ts
/**
* What names of files and folders begin with that this process gives their own name when they are whole: by it, what it
* leaves when it is killed can be told from what others write beside it.
*/
const TEMPORARY_PREFIX = `.${randomUUID()}.`;
/** A new name for such a file or folder. Not behind its final name, which may be as long as a name can be. */
function temporaryName() {
	return `${TEMPORARY_PREFIX}${randomUUID().slice(0, 8)}.tmp`;
}
// src/job/workfolder.ts
/** Only a folder that holds this file is ever released and removed as root. It says whom the folder belongs to. */
const MARKER = ".kiwi-oci";
/** What the names of folders of ours, and of KIWI's log beside them, begin with. */
const WORK_PREFIX = "kiwi-oci-";
const TRIES = 5;
/** What is wrong with a place, and not with the machine. */
const UNFIT = {
	EEXIST: "it is no folder",
	ENOTDIR: "it is no folder",
	ENOENT: "no folder can be made there",
	EACCES: "the right to it is missing",
	EPERM: "the right to it is missing",
	ENAMETOOLONG: "its name is too long",
	ELOOP: "links in it go round"
};
/**
* Makes the folder of one job, with a name of its own, so that jobs on one machine do not disturb one another. Nobody
* else may look into it: a disk can hold secrets.
*
* @param given `work-dir`, @param temp where there is none
* @throws InputError when `work-dir` is no place for folders, HostError when the folder for temporary files is none
*/
async function makeWorkFolder({ given, temp }, keeping) {
	const parent = given ?? temp;
	try {
		await makeFolder(parent);
		return await makeJobFolder(parent, "", keeping);
	} catch (error) {
		const { code = "" } = error;
		const reason = UNFIT[code];
		if (error instanceof KnownError || reason === void 0) throw error;
		const lack = `${parent} cannot be used (${reason})`;
		if (given === void 0) throw new HostError("host-folder", lack, "set TMPDIR to a folder of yours");
		throw new InputError([{
			where: "input work-dir",
			text: `${lack}: name a folder of yours`
		}]);
	}
}
/**
* Makes a folder of a job that only we can read.
*
* @param purpose the middle of its name, `login-`; empty for the work folder
* @throws errors of the file system
*/
async function makeJobFolder(parent, purpose, { holder, inside = [], keep }) {
	const marker = holder === void 0 ? "" : JSON.stringify({
		...holder,
		inside,
		prefix: TEMPORARY_PREFIX
	});
	for (let tries = 1;; tries += 1) {
		const folder = join(parent, `${WORK_PREFIX}${purpose}${randomBytes(6).toString("hex")}`);
		keep(folder);
		await mkdir(folder, { mode: 448 });
		try {
			await mark(folder, marker);
			return folder;
		} catch (error) {
			await rm(folder, {
				recursive: true,
				force: true
			});
			if (!(error instanceof Error && "code" in error && error.code === "ENOENT") || tries === TRIES) throw error;
		}
	}
}
/** Whoever is killed here leaves a folder without the marker, and none with half of it. */
async function mark(folder, text) {
	const temporary = join(folder, temporaryName());
	await putText(temporary, text);
	await rename(temporary, join(folder, MARKER));
}
/**
* Removes a folder of a job in which no KIWI worked. The marker goes last, so that whoever is killed here leaves what a sweep
* still knows.
*
* @throws errors of the file system; a folder that is not there is none
*/
async function removeMarked(folder) {
	const names = await readdir(folder).catch(() => []);
	for (const name of names.filter((each) => each !== MARKER)) await rm(join(folder, name), {
		recursive: true,
		force: true
	});
	await rm(folder, {
		recursive: true,
		force: true
	});
}
// src/registry/login/credentials.ts
const noLogins = {
	auths: {},
	credHelpers: {}
};
/** What docker calls its own registry when it asks a helper (docker/cli, registry.IndexServer). */
const DOCKER_SERVER = "https://index.docker.io/v1/";
const HELPER = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
/**
* As strict as skopeo, which ends at what it cannot take, and only when it needs it.
*
* @param path names the file in the error, which quotes no login of it
* @throws HostError when it is no JSON object, or one of another shape
*/
function parseLogins(text, path) {
	if (text.trim() === "") throw unusable(path, "there is nothing in it");
	const document = parsedObject(text, path);
	const { credsStore } = document;
	return {
		auths: auths(document["auths"], path),
		credHelpers: helpers(document["credHelpers"], path),
		...typeof credsStore === "string" && HELPER.test(credsStore) ? { credsStore } : {}
	};
}
/** JSON of a file that skopeo reads: without `credsStore`, which means nothing to it. */
function loginsText(logins) {
	return `${JSON.stringify({
		auths: logins.auths,
		credHelpers: logins.credHelpers
	})}\n`;
}
/** One set of logins for several files, where the first file that knows a registry wins, as skopeo searches them. */
function mergedLogins(files) {
	return files.reduceRight((below, above) => {
		const rest = [...Object.keys(above.auths), ...Object.keys(above.credHelpers)].reduce(without, below);
		const credsStore = above.credsStore ?? below.credsStore;
		return {
			auths: {
				...rest.auths,
				...above.auths
			},
			credHelpers: {
				...rest.credHelpers,
				...above.credHelpers
			},
			...credsStore === void 0 ? {} : { credsStore }
		};
	}, noLogins);
}
/** With a login that wins over all others for its registry: skopeo prefers helpers and namespaces, so those go. */
function withLogin(logins, login) {
	return withAuth(logins, login.registry, login.username, login.password);
}
/** `<token>` as the name marks a token instead of a password (docker-credential-helpers, client). */
function withAuth(logins, registry, username, secret) {
	const isToken = username === "<token>";
	const auth = Buffer.from(`${username}:${isToken ? "" : secret}`, "utf8").toString("base64");
	const entry = isToken ? {
		auth,
		identitytoken: secret
	} : { auth };
	const rest = without(logins, registry);
	return {
		...rest,
		auths: {
			...rest.auths,
			[registry]: entry
		}
	};
}
function withHelper(logins, registry, helper) {
	return {
		...logins,
		credHelpers: {
			...logins.credHelpers,
			[registry]: helper
		}
	};
}
/** Whether a registry, or a namespace in it, has a login of its own or a helper. */
function knowsLogin(logins, registry) {
	return [...Object.keys(logins.auths), ...Object.keys(logins.credHelpers)].some((key) => isWithin(key, registry));
}
function without(logins, registry) {
	const kept = (entries) => Object.fromEntries(Object.entries(entries).filter(([key]) => !isWithin(key, normalKey(registry))));
	return {
		...logins,
		auths: kept(logins.auths),
		credHelpers: kept(logins.credHelpers)
	};
}
function isWithin(key, registry) {
	const normal = normalKey(key);
	return normal === registry || normal.startsWith(`${registry}/`);
}
/** The registry in a key of any age; c/image pkg/docker/config/config.go, `normalizeAuthFileKey`. */
function normalKey(key) {
	const bare = key.replace(/^https?:\/\//, "");
	const name = bare === key ? bare : bare.split("/")[0] ?? bare;
	return ["index.docker.io", "registry-1.docker.io"].includes(name) ? "docker.io" : name;
}
/** Only what holds a login: docker leaves `{}` where a helper has it, which would hide the helper. */
function auths(value, path) {
	const entries = entriesOf(value, "auths", path).flatMap(([key, entry]) => {
		if (entry !== null && !isJsonObject(entry)) throw unusable(path, `the entry of ${key} is no object`);
		const { auth = "", identitytoken } = entry ?? {};
		if (typeof auth !== "string" || !isBase64(auth)) throw unusable(path, `the login of ${key} is no base64`);
		if (auth === "") return [];
		return [[key, typeof identitytoken === "string" ? {
			auth,
			identitytoken
		} : { auth }]];
	});
	return Object.fromEntries(entries);
}
function helpers(value, path) {
	const entries = entriesOf(value, "credHelpers", path).flatMap(([key, helper]) => {
		if (typeof helper !== "string") throw unusable(path, `the helper of ${key} is no text`);
		return HELPER.test(helper) ? [[key, helper]] : [];
	});
	return Object.fromEntries(entries);
}
/** Go takes `null` for nothing. */
function entriesOf(value, name, path) {
	if (value === void 0 || value === null) return [];
	if (isJsonObject(value)) return Object.entries(value);
	throw unusable(path, `its ${name} is no object`);
}
/** As Go's encoding/base64 takes it. */
function isBase64(text) {
	const bare = text.replaceAll(/[\r\n]/g, "");
	return bare.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(bare);
}
function unusable(path, reason) {
	return new HostError("host-logins", `the file of logins ${path} cannot be used, ${reason}`, "correct it or remove it");
}
function parsedObject(text, path) {
	try {
		const value = JSON.parse(text);
		if (isJsonObject(value)) return value;
	} catch {}
	throw new HostError("host-logins", `the file of logins ${path} is no JSON object`, "correct it or remove it");
}
// src/registry/login/secretforms.ts
/** The forms in which a program, or a registry that repeats what it got, prints a secret. */
function secretForms(...secrets) {
	const forms = secrets.flatMap((secret) => {
		const text = secret.toWellFormed();
		return [
			text,
			...text.split(/[\r\n]+/),
			JSON.stringify(text).slice(1, -1),
			encodeURIComponent(text),
			new URLSearchParams([["", text]]).toString().slice(1),
			Buffer.from(text).toString("base64"),
			Buffer.from(text).toString("base64url")
		];
	});
	return [...new Set(forms.filter((form) => form.trim() !== ""))];
}
/** Those of a login; `username:password` is what HTTP sends (RFC 7617). */
function loginForms({ username, password }) {
	return password === "" ? [] : secretForms(password, `${username}:${password}`);
}
/** Those of all logins in a file. */
function fileForms(logins = noLogins) {
	return Object.values(logins.auths).flatMap(({ auth = "", identitytoken = "" }) => {
		const [, username = "", password = ""] = /^([^:]*):(.*)$/s.exec(Buffer.from(auth, "base64").toString("utf8")) ?? [];
		return [...loginForms({
			username,
			password
		}), ...identitytoken === "" ? [] : secretForms(identitytoken)];
	});
}
/** Those of what stands before the host of an address: `http://user:password@host/`, also without `http://`. */
function addressForms(address) {
	const [, userinfo, password] = /(?:^|:\/\/)([^/\s@:]*:([^/\s@]+))@/.exec(address) ?? [];
	if (userinfo === void 0 || password === void 0) return [];
	return secretForms(userinfo, decoded(userinfo), password, decoded(password));
}
/** As programs decode it that let a stray % stand for itself, as Python's urllib does. */
function decoded(text) {
	return text.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll("%", ""), "hex").toString("utf8"));
}
/** What an HTTP header says of a login or token, where a server repeats it. */
const AUTHORIZATION = /\b(Basic|Bearer) +(?=[\w+/.~-]*[\d=])[\w+/=.~-]{8,}/gi;
/** A text without any of these forms. */
function hideSecrets(text, forms) {
	return [...forms].sort((one, other) => other.length - one.length).reduce((left, form) => left.replaceAll(form, "***"), text).replaceAll(AUTHORIZATION, "$1 ***");
}
// src/runner.ts
/**
* Reports to a workflow runner. What programs print stands between `stop-commands` and a token that they cannot know, so
* that a line like `::set-output` or `##[add-mask]` in it stays text (runner: ActionCommandManager.cs).
*/
var Runner = class {
	#fence;
	#grouped = false;
	info(line) {
		this.#open();
		info(harmless(line));
	}
	warning(line) {
		this.#open();
		warning(plainLine(line));
	}
	output(line) {
		if (this.#fence === void 0) {
			this.#fence = randomUUID();
			info(`::stop-commands::${this.#fence}`);
		}
		info(line);
	}
	group(title) {
		this.endGroup();
		startGroup(harmless(title));
		this.#grouped = true;
	}
	endGroup() {
		this.#open();
		if (this.#grouped) endGroup();
		this.#grouped = false;
	}
	/** Shows an error: one annotation a problem, titled with its code, at its file and line where it has one, then the detail, folded. */
	error(thrown) {
		this.endGroup();
		const { code, message, detail, exitCode } = describeError(thrown);
		if (thrown instanceof ProblemsError) for (const problem of thrown.problems) error(harmless(`${problem.where}: ${problem.text}`), {
			title: code,
			...problem.file === void 0 ? {} : { file: problem.file },
			...problem.line === void 0 ? {} : { startLine: problem.line }
		});
		else if (thrown instanceof HostErrors) for (const lack of thrown.lacks) error(plainLine(lack.message), { title: lack.code });
		else error(plainLine(message), { title: code });
		if (detail.length > 0) {
			this.group("Details");
			for (const line of detail) this.output(line);
			this.endGroup();
		}
		return exitCode;
	}
	#open() {
		if (this.#fence !== void 0) info(`::${this.#fence}::`);
		this.#fence = void 0;
	}
};
/**
* A line of ours that may quote somebody else's words: it stays one line and no command, in neither syntax of the runner
* (ActionCommand.cs: `::` at the start after blanks, `##[` anywhere).
*/
function harmless(line) {
	return plainLine(line).replace(/^(\s*):(?=:)/, "$1: ").replaceAll("##[", "## [");
}
/**
* The inputs in a step's environment (`INPUT_BASE-IMAGE`); they are taken out of it, so that no program inherits them.
* Names that are near to one of ours are problems. Others are none of ours: `INPUT_METHOD` is the desktop's.
*
* @param names of the action; those of the root action where left out
*/
function takeInputs(environment, names = INPUT_NAMES) {
	const raw = /* @__PURE__ */ new Map();
	const problems = [];
	for (const [variable, text = ""] of Object.entries(environment)) {
		if (!variable.startsWith("INPUT_")) continue;
		const spelled = variable.slice(6).toLowerCase();
		delete environment[variable];
		const name = inputNamed(spelled, names);
		const [similar] = name === void 0 ? similarNames(spelled, names) : [];
		if (name !== void 0 && text !== "") raw.set(name, rawEntries(name, text));
		if (similar !== void 0) problems.push({
			where: `input ${spelled}`,
			text: `is no input of kiwi-oci: did you mean ${similar}?`
		});
	}
	return {
		raw,
		problems
	};
}
/** Keeps a login out of the log. */
function maskSecret(username, password) {
	for (const form of loginForms({
		username,
		password
	})) setSecret(form);
}
/** Keeps the login out of the log that an address may carry: `https://user:password@host/`. */
function maskUriPassword(text) {
	for (const form of addressForms(text)) setSecret(form);
}
function setOutputs(outputs) {
	for (const [name, value] of Object.entries(outputs)) setOutput(name, value);
}
const folders = [];
/** Remembers a folder for the step's post entry, before anything is put into it. */
function rememberFolder(folder) {
	folders.push(folder);
	saveState("folders", JSON.stringify(folders));
}
// src/oci/artifact.ts
/** What an artifact of ours is; image-spec manifest.md, "Guidelines for Artifact Usage". */
const artifactTypes = {
	/** A disk as a file. */
	disk: "application/vnd.kiwi-oci.disk.v1",
	podmanMachine: "application/vnd.kiwi-oci.podman-machine.v1"
};
// src/oci/index/index.ts
const ENTRY_LIMIT = 500;
const MEMBERS = [
	"schemaVersion",
	"mediaType",
	"artifactType",
	"manifests",
	"subject",
	"annotations"
];
const FOREIGN_MEMBERS = [
	"config",
	"layers",
	"fsLayers",
	"history"
];
/**
* The index in the bytes that others wrote.
*
* @param expectedMediaType what the registry or the descriptor called it; left out, the index's own word counts
* @param subject names it in the error: `the index of ghcr.io/acme/x`
* @throws ImageError with all violations, by the same limits and rules as `parseManifest`
*/
function parseIndex(bytes, expectedMediaType, subject = "the index") {
	const document = parseDocument(bytes, subject);
	const violations = indexViolations(document, expectedMediaType);
	if (violations.length > 0) throw new ImageError("image-invalid", subject, violations);
	const { artifactType, annotations } = document;
	return {
		schemaVersion: 2,
		mediaType: mediaTypeOf(document, expectedMediaType) ?? mediaTypes.index,
		...artifactType === void 0 ? {} : { artifactType },
		manifests: document["manifests"].map(descriptorFrom),
		...annotations === void 0 ? {} : { annotations }
	};
}
function indexViolations(document, announced) {
	const { manifests } = document;
	const violations = [
		...document["schemaVersion"] === 2 ? [] : ["its schemaVersion is not 2"],
		...mediaTypeViolations(document, announced, [mediaTypes.index, mediaTypes.dockerList]),
		...FOREIGN_MEMBERS.filter((member) => member in document).map((member) => `it has ${member}, which no index has`),
		...miswrittenNames(document, MEMBERS).map((name) => `it has ${name}, written in another case`),
		...artifactTypeViolations(document),
		...annotationViolations(document["annotations"], "it")
	];
	if (!Array.isArray(manifests)) return [...violations, "it has no manifests"];
	if (manifests.length > ENTRY_LIMIT) return [...violations, `it has ${manifests.length} entries, more than ${ENTRY_LIMIT}`];
	return [...violations, ...manifests.flatMap((entry, at) => descriptorViolations(entry, `entry ${at + 1}`))];
}
// src/oci/index/indexrules.ts
/**
* Why these entries cannot be one index that every consumer takes what is meant for it from: the rules of podman 5
* (pkg/machine/ocipull/source.go) and of c/image (internal/manifest/oci_index.go, whose choice has bugs of its own).
*
* @returns one line each, led by the place of the entry from 1; empty when they can
*/
function indexRuleViolations(entries) {
	if (entries.length === 0) return ["it has no entries"];
	return [
		...entries.flatMap((entry, at) => entryViolations(entry).map((text) => `entry ${at + 1} ${text}`)),
		...repeated(entries, ({ digest }) => digest, (digest) => `name ${digest}, which only the first would be found by`),
		...repeated(entries, containerPlatform, (platform) => `are for ${platform}, and nothing tells which one to take`),
		...orderViolations(entries),
		...repeated(entries, machineDisk, (disk) => `are the disk of podman machine for ${disk}`)
	];
}
/** Whether an entry is podman machine's, by the name of its architecture. */
function isMachineEntry({ platform }) {
	return platform !== void 0 && isMachineArchitecture(platform.architecture);
}
/** containerd and docker take `x86_64` for `amd64`, and the first that fits: containerd core/images/image.go, `Manifest`. */
function orderViolations(entries) {
	const machine = entries.findIndex(isMachineEntry);
	const late = entries.findIndex((entry, at) => at > machine && !isMachineEntry(entry));
	if (machine < 0 || late < 0) return [];
	return [`entry ${late + 1} has to come before entry ${machine + 1}, which is taken for one of the same platform`];
}
function entryViolations(entry) {
	const { mediaType, platform, annotations = {} } = entry;
	const diskType = annotations[DISK_TYPE_ANNOTATION];
	return [
		...mediaType === mediaTypes.manifest ? [] : [`has the media type ${mediaType} instead of ${mediaTypes.manifest}`],
		...platform === void 0 ? ["has no platform"] : platformProblems$1(platform),
		...annotations["io.github.containers.compression.zstd"] === void 0 ? [] : [`has the annotation ${ZSTD_ANNOTATION}`],
		...isMachineEntry(entry) ? machineProblems(diskType) : [],
		...diskType === void 0 || isMachineEntry(entry) ? [] : ["has a disktype for no machine of podman"]
	];
}
function platformProblems$1(platform) {
	const { os, architecture } = platform;
	if (isMachineArchitecture(architecture)) return os === "linux" && !platform.variant ? [] : [`is for ${platformText(platform)}, which no machine of podman is`];
	return parsePlatform(`${os}/${architecture}`)?.architecture === architecture ? [] : [`is for ${platformText(platform)}, which is no platform in Go's words`];
}
function machineProblems(diskType) {
	if (diskType === void 0) return [`has no annotation ${DISK_TYPE_ANNOTATION}`];
	return isDiskType(diskType) ? [] : [`has the disktype ${diskType} instead of ${DISK_TYPES.join(", ")}`];
}
function containerPlatform(entry) {
	if (entry.platform === void 0 || isMachineEntry(entry)) return void 0;
	return platformKey(entry.platform);
}
function machineDisk(entry) {
	const diskType = entry.annotations?.[DISK_TYPE_ANNOTATION];
	return isMachineEntry(entry) && diskType !== void 0 ? `${entry.platform?.architecture} ${diskType}` : void 0;
}
/** One line for each key that several entries have. */
function repeated(entries, keyOf, text) {
	return [...Map.groupBy(entries.map((entry, at) => ({
		key: keyOf(entry),
		place: at + 1
	})), ({ key }) => key)].flatMap(([key, found]) => {
		if (key === void 0 || found.length === 1) return [];
		return [`entries ${found.map(({ place }) => place).join(", ")} ${text(key)}`];
	});
}
// src/oci/index/indexpart.ts
/** Whether the bytes hold an index; else they may be a manifest. Throws ImageError when they are no JSON object. */
function holdsIndex(bytes, name) {
	return "manifests" in parseDocument(bytes, name);
}
/**
* The part that a single manifest is.
*
* @param config its bytes: whatever it configures, it says the platform
* @throws ImageError when it cannot be in an index of ours: no OCI manifest, another config than it names, no platform
*/
function partOfManifest(name, bytes, config) {
	const manifest = parseManifest(bytes, void 0, name);
	const { digest } = manifest.config;
	if (digestOf(config) !== digest) throw new ImageError("image-damaged", name, [`its config is not the ${digest} that it names`]);
	const descriptor = {
		mediaType: manifest.mediaType,
		digest: digestOf(bytes),
		size: bytes.length,
		platform: platformIn(config, name)
	};
	const violations = indexRuleViolations([descriptor]);
	if (violations.length > 0) throw new ImageError("image-invalid", name, violations);
	return {
		name,
		entries: [{
			descriptor,
			kind: kindOf(descriptor, manifest)
		}],
		annotations: {}
	};
}
/**
* The index of a part, before its manifests are read.
*
* @throws ImageError when it breaks a rule of our indexes
*/
function checkedIndex(name, bytes) {
	const index = parseIndex(bytes, void 0, name);
	const violations = indexRuleViolations(index.manifests);
	if (violations.length > 0) throw new ImageError("image-invalid", name, violations);
	return index;
}
/**
* The part that an index is, taken apart.
*
* @param manifests the bytes of each of its manifests
* @throws ImageError when one of them is no manifest, or of another size
*/
function partOfIndex(name, index, manifests) {
	return {
		name,
		entries: index.manifests.map((descriptor) => {
			const bytes = manifests.get(descriptor.digest) ?? /* @__PURE__ */ new Uint8Array();
			if (bytes.length !== descriptor.size) throw new ImageError("image-invalid", name, [`it says ${descriptor.size} bytes of ${descriptor.digest}, which has ${bytes.length}`]);
			return {
				descriptor,
				kind: kindOf(descriptor, parseManifest(bytes, void 0, `${descriptor.digest} in ${name}`))
			};
		}),
		annotations: index.annotations ?? {}
	};
}
/** Why parts cannot become one index, as sentences with their names; empty when they can. */
function partProblems(parts) {
	return [...platformProblems(parts), ...kindProblems(parts)];
}
/** What a part is for, in Go's words: `linux/amd64`. */
function partPlatforms({ entries }) {
	const names = entries.flatMap(({ descriptor: { platform } }) => platform === void 0 ? [] : [platformKey(platform)]);
	return [...new Set(names)];
}
function platformProblems(parts) {
	const named = parts.flatMap((part) => partPlatforms(part).map((platform) => ({
		platform,
		name: part.name
	})));
	return [...Map.groupBy(named, ({ platform }) => platform)].flatMap(([platform, same]) => {
		if (same.length === 1) return [];
		return [`${same.map(({ name }) => name).join(" and ")} are for the same platform ${platform}: give one for each`];
	});
}
function kindProblems(parts) {
	const kinds = parts.map(({ name, entries }) => ({
		name,
		kinds: [...new Set(entries.map(({ kind }) => kind))].sort().join(" and ")
	}));
	if (new Set(kinds.map((each) => each.kinds)).size <= 1) return [];
	return [`the images are not of the same kinds: ${kinds.map(({ name, kinds: own }) => `${name} has ${own}`).join(", ")}: build all with the same kind`];
}
function kindOf(descriptor, { config, artifactType }) {
	if (isMachineEntry(descriptor)) return "podman-machine";
	if (config.mediaType === mediaTypes.config || config.mediaType === mediaTypes.dockerConfig) return "container";
	const type = artifactType ?? config.mediaType;
	return type === artifactTypes.disk ? "artifact" : `artifact of type ${type}`;
}
function platformIn(config, name) {
	const { architecture, os, variant } = parseDocument(config, `the config of ${name}`);
	if (typeof architecture !== "string" || typeof os !== "string" || architecture === "" || os === "") throw new ImageError("image-invalid", name, ["its config says no architecture and os, so nothing tells which platform it is for"]);
	return {
		architecture,
		os,
		...typeof variant === "string" && variant !== "" ? { variant } : {}
	};
}
// src/oci/index/imageindex.ts
/**
* One index of these entries, in one order whatever theirs is: by platform, the disks of podman machine last.
* containerd and docker take `x86_64` for `amd64`, and the first that fits.
*
* @param annotations of the index
* @throws ImageError when `indexRuleViolations` has any
*/
function imageIndex(entries, annotations = {}) {
	const manifests = entries.map(entryOf).sort(byPlace);
	const violations = indexRuleViolations(manifests);
	if (violations.length > 0) throw new ImageError("image-invalid", "the index", violations);
	const index = {
		schemaVersion: 2,
		mediaType: mediaTypes.index,
		manifests,
		...annotationsMember(annotations)
	};
	const bytes = documentBytes(index);
	return {
		index,
		bytes,
		descriptor: {
			mediaType: mediaTypes.index,
			digest: digestOf(bytes),
			size: bytes.length
		}
	};
}
/**
* The known members in one order, so that the same entry is the same bytes wherever it was read. Without `artifactType`,
* which the manifest says itself: skopeo before 1.16 leaves it out of an index that it copies, which then is another
* (containers/image issue 2460), and fails where it may change nothing.
*/
function entryOf({ mediaType, digest, size, annotations = {}, platform }) {
	const { architecture = "", os = "", variant } = platform ?? {};
	return {
		mediaType,
		digest,
		size,
		...annotationsMember(annotations),
		...platform === void 0 ? {} : { platform: {
			architecture,
			os,
			...variant ? { variant } : {}
		} }
	};
}
function byPlace(one, other) {
	const [a, b] = [placeOf(one), placeOf(other)];
	const at = a.findIndex((value, part) => value !== b[part]);
	return at < 0 ? 0 : (a[at] ?? "") < (b[at] ?? "") ? -1 : 1;
}
/** What entries are sorted by, the most important first; the digest last, for one order even of what is refused. */
function placeOf(entry) {
	const { platform, annotations = {}, digest } = entry;
	const group = isMachineEntry(entry) ? 1 : 0;
	const diskType = DISK_TYPES.indexOf(annotations["disktype"] ?? "");
	return [
		`${group}`,
		platform?.os ?? "",
		platform?.architecture ?? "",
		platform?.variant ?? "",
		`${diskType}`,
		digest
	];
}
// src/oci/index/mergedindex.ts
/**
* One index of everything that its parts hold; the same bytes in whatever order they come. Annotations of the parts'
* entries stay; of those of their indexes the ones that are the same in all.
*
* @param annotations what levels of an index take, over what the parts say
* @throws ImageError when the entries together break a rule of our indexes; `partProblems` says more of it
*/
function mergedIndex(parts, annotations) {
	return imageIndex(parts.flatMap((part) => part.entries.map(({ descriptor }) => {
		const own = annotationsFor(annotations, "manifest-descriptor", descriptor.platform);
		return {
			...descriptor,
			annotations: {
				...descriptor.annotations,
				...own
			}
		};
	})), {
		...commonAnnotations(parts),
		...annotationsFor(annotations, "index")
	});
}
/** Those that nothing of the merged index takes: a manifest's, those of an index's descriptor, of a platform not there. */
function unusedAnnotations(parts, annotations) {
	const platforms = parts.flatMap(partPlatforms);
	return annotations.filter(({ levels, platform }) => {
		const isThere = platform === void 0 || platforms.includes(platformKey(platform));
		return !levels.includes("index") && !(levels.includes("manifest-descriptor") && isThere);
	});
}
function commonAnnotations(parts) {
	const [first, ...others] = parts;
	const common = Object.entries(first?.annotations ?? {}).filter(([key, value]) => others.every(({ annotations }) => annotations[key] === value));
	return Object.fromEntries(common);
}
// src/oci/store/blob.ts
const WRITE_BYTES = 65536;
/**
* Writes a blob: to a temporary name, hashed on the way; whole, it gets the name of its digest. On any error, of the
* source too, the temporary file is gone. It does not wait for the machine's storage, which takes as long as compressing:
* layouts are written in work folders, which nobody looks at after a power failure, and `syncFile` is there for exports.
*
* @param folder `blobs/sha256` of a layout
* @param digestOfAll of the bytes, asked at the end, where the source hashes them anyway
* @throws HostError when the disk is full; other errors are passed on
*/
async function writeBlob(folder, source, digestOfAll) {
	const hash = createHash("sha256");
	let sizeBytes = 0;
	const counted = async function* () {
		for await (const chunk of source) {
			if (digestOfAll === void 0) hash.update(chunk);
			sizeBytes += chunk.length;
			yield chunk;
		}
	};
	const temporary = await writeTemporary(folder, counted());
	const digest = digestOfAll?.() ?? `sha256:${hash.digest("hex")}`;
	await publish(temporary, join(folder, digestHex(digest)));
	return {
		digest,
		sizeBytes
	};
}
/** As `replaceFile`, without waiting for the disk: for layouts in work folders. */
async function putFile(folder, name, content) {
	await publish(await writeTemporary(folder, [content]), join(folder, name));
}
async function writeTemporary(folder, source) {
	const path = join(folder, temporaryName());
	try {
		await using file = await open(path, "wx", 420);
		for await (const chunk of source) writeAll(file, chunk);
		return path;
	} catch (error) {
		await rm(path, { force: true });
		throw spaceError(error, folder);
	}
}
/**
* In small pieces and at once: writing goes to memory, and a kernel that is handed 1 MiB looks for as much memory in one
* piece, which took it eight times as long (Linux 6.18, ext4). Each piece given to another thread would cost more than
* writing it.
*/
function writeAll(file, chunk) {
	for (let done = 0; done < chunk.length;) done += writeSync(file.fd, chunk, done, Math.min(WRITE_BYTES, chunk.length - done));
}
async function publish(temporary, path) {
	try {
		await rename(temporary, path);
	} catch (error) {
		await rm(temporary, { force: true });
		throw error;
	}
}
// src/oci/store/layout.ts
const LAYOUT_VERSION = "1.0.0";
/** Valid on the descriptors of index.json: the name by which skopeo and others find an image in a layout. */
const REF_NAME = "org.opencontainers.image.ref.name";
/** What containerd, docker's engine on it and podman call an image that they load; containerd core/images/annotations.go. */
const CONTAINERD_NAME = "io.containerd.image.name";
/** What the file `oci-layout` holds. */
function layoutMark() {
	return documentBytes({ imageLayoutVersion: LAYOUT_VERSION });
}
/** Makes the folder, those above it, and what every layout has but an index. What is there already stays. */
async function createLayout(folder) {
	const blobs = join(folder, "blobs", "sha256");
	await makeFolder(blobs);
	if (!await isThere(join(folder, "oci-layout"))) await putFile(folder, "oci-layout", layoutMark());
	return {
		folder,
		blobs
	};
}
/** Writes a small blob: a config, a manifest. */
async function putBlob(layout, bytes) {
	return (await writeBlob(layout.blobs, [bytes])).digest;
}
/** Names what is in the layout, in one step; replaces the names there were. */
async function writeIndex(layout, manifests) {
	await putFile(layout.folder, "index.json", indexText(manifests));
}
/** What the file `index.json` of a layout of ours holds. */
function indexText(manifests) {
	return documentBytes({
		schemaVersion: 2,
		mediaType: mediaTypes.index,
		manifests
	});
}
/** One entry of an `index.json` for each name; a single nameless one where there is none. */
function namedDescriptors(descriptor, names) {
	const { annotations = {}, ...rest } = descriptor;
	const { [REF_NAME]: _, ...others } = annotations;
	if (names.length === 0) return [Object.keys(others).length === 0 ? rest : {
		...rest,
		annotations: others
	}];
	return names.map(({ ref, whole }) => {
		const containerd = whole === void 0 ? {} : { [CONTAINERD_NAME]: whole };
		return {
			...rest,
			annotations: {
				...others,
				[REF_NAME]: ref,
				...containerd
			}
		};
	});
}
// src/registry/access.ts
/**
* Our environment without what skopeo has no use for and without every variable that holds one of `secrets`. Everything
* else stays: credential helpers have needs that we do not know.
*/
function skopeoEnvironment(environment, secrets = []) {
	const kept = Object.entries(environment).filter((entry) => {
		const [name, value] = entry;
		if (value === void 0 || isRunnerVariable(name)) return false;
		return !secrets.some((secret) => secret !== "" && value.includes(secret));
	});
	return Object.fromEntries(kept);
}
/** Flags for all commands, before the command's name. */
function globalFlags(access) {
	return ["--tmpdir", access.tmpFolder];
}
/** Flags of a command that talks to one place. */
function inspectFlags(access) {
	return [...authFlags(access), ...access.tlsVerify ? [] : ["--tls-verify=false"]];
}
function copyFlags(access) {
	return [...authFlags(access), ...access.tlsVerify ? [] : ["--src-tls-verify=false", "--dest-tls-verify=false"]];
}
function authFlags(access) {
	return access.authfile === void 0 ? [] : ["--authfile", access.authfile];
}
/** First match wins: errors of c/image (docker/, copy/) stand inside one another, the innermost tells most. */
const PHASES = [
	[/requesting bear|obtain access token/i, "while a token was fetched"],
	[/pinging container registry/i, "at the first contact"],
	[/logging into|authenticating creds/i, "at the login"],
	[/(?:uploading|writing) manifest/i, "while the manifest was written"],
	[/happened during read|\b(?:reading|fetching) (?:blob|config)|image config/i, "while a blob was read"],
	[/writing (?:blob|config)|layer upload|uploading layer|reuse blob|whether a blob|\/blobs\/uploads\//i, "while a blob was written"],
	[/(?:reading|fetching) (?:manifest|image)|determining manifest/i, "while the manifest was read"]
];
/** Where in a push or a fetch skopeo failed, by its message; undefined where that does not say. */
function phaseOf(text) {
	return PHASES.find(([pattern]) => pattern.test(text))?.[1];
}
// src/registry/refusalrule.ts
const WEB_PAGE = "a web page answered instead of a registry: check the address, and whether the network asks for a sign-in";
/** First match wins. Texts of skopeo 1.9 to 1.22 (c/image docker/, Go's net/http and crypto/x509). */
const RULES = [
	{
		kind: "namespace",
		pattern: /newuidmap|newgidmap|\bsub[ug]id\b|during unshare\(/,
		reason: (text) => `container storage needs a user namespace, which this user cannot have: run as root, or install uidmap, give the user a range in /etc/subuid and /etc/subgid, and allow user namespaces, which AppArmor of Ubuntu 24.04 forbids (${text})`
	},
	{
		kind: "zstd",
		pattern: /zstd compression is not supported/i,
		reason: "Docker's own format takes no zstd layers: set compression to gzip, or choose an oci: or oci-archive: destination"
	},
	{
		kind: "helper",
		pattern: /docker-credential-|credential helper/i,
		reason: (text) => `a credential helper of this machine failed: ${text}`
	},
	{
		kind: "space",
		pattern: /no space left on device|disk quota exceeded/i,
		status: [507],
		reason: spaceReason
	},
	{
		kind: "policy",
		pattern: /trust policy|policy\.json|running image .* is rejected/i,
		reason: (text) => `the trust policy of this machine (policy.json) forbids or lacks it: ${text}`
	},
	{
		kind: "plain-http",
		pattern: /server gave HTTP response to HTTPS client/i,
		reason: "it speaks plain HTTP and no HTTPS: for a registry of your own set tls-verify to false"
	},
	{
		kind: "broken",
		pattern: /tls: (?:bad record MAC|internal error|unexpected message|use of closed connection)|decryption failed/i,
		transient: true,
		reason: brokenReason
	},
	{
		kind: "certificate",
		pattern: /x509:|certificate|tls: /i,
		reason: (text) => `its certificate is not trusted (${tlsDetail(text)}): install its CA on this machine, or set tls-verify to false`
	},
	{
		kind: "host",
		pattern: /no such host/i,
		reason: "there is no such host: check the name of the registry"
	},
	{
		kind: "refused",
		pattern: /connection refused/i,
		transient: true,
		reason: "the connection was refused: check host and port, and that the registry runs"
	},
	{
		kind: "silent",
		pattern: /i\/o timeout|deadline exceeded|Client\.Timeout|no route to host|network is unreachable|handshake timeout/i,
		transient: true,
		reason: "it does not answer: check the network, proxies and firewalls"
	},
	{
		kind: "rate",
		pattern: /toomanyrequests|too many requests|rate limit/i,
		status: [429],
		transient: true,
		reason: "the registry says there were too many requests: log in, or try again later"
	},
	{
		kind: "hidden",
		pattern: /^(?!.*(?:invalid username\/password|incorrect username)).*(?:\bdenied\b.*unauthorized|insufficient_scope)/is,
		reason: "it is not there, or not for this login: check repository and tag, or log in as somebody who may see it"
	},
	{
		kind: "login",
		pattern: /unauthorized|authentication required|invalid username\/password|incorrect username or password/i,
		status: [401],
		transient: "copy",
		reason: "the registry wants a login, or does not accept the one it got: check registry, username and password, or log in before"
	},
	{
		kind: "denied",
		pattern: /\bdenied\b|forbidden/i,
		status: [403],
		reason: "the registry denies it: this login may not do so there"
	},
	{
		kind: "damaged",
		pattern: /blob (?:upload )?(?:unknown|invalid)/i,
		transient: "copy",
		reason: (text) => `the registry lacks what it got, or got it damaged (${text}): try again, or ask who runs it`
	},
	{
		kind: "missing",
		pattern: /manifest unknown|name unknown|repository name not known/i,
		status: [404],
		reason: "it is not there: check repository and tag"
	},
	{
		kind: "several",
		pattern: /more than one image in oci|manifest\.json: expected 1 item, got/i,
		reason: "it holds several images: write which one behind a colon, PATH:NAME"
	},
	{
		kind: "unnamed",
		pattern: /no descriptor found for reference|\btag "[^"]*" not found/i,
		reason: "it holds no image of that name: see its index.json or manifest.json for those that it has"
	},
	{
		kind: "size",
		pattern: /entity too large/i,
		status: [413],
		reason: "the registry, or a proxy in front of it, limits the size of a layer: raise the limit there, or compress more"
	},
	{
		kind: "trouble",
		pattern: /(?!)/,
		status: [
			408,
			425,
			499,
			500,
			502,
			503,
			504,
			522,
			524
		],
		transient: true,
		reason: (text) => `the registry, or a proxy in front of it, is in trouble (${text}): try again later, or ask who runs it, whose disk may be full`
	},
	{
		kind: "no-registry",
		pattern: /invalid character '<'/,
		reason: WEB_PAGE
	},
	{
		kind: "broken",
		pattern: /\bEOF\b|connection reset|broken pipe|closed network connection|closed pipe|unexpected end|stream error|http2: |server misbehaving|temporary failure|digest did not match|does not match expected|digest invalid|timed? ?out|malformed HTTP|transport connection broken/i,
		transient: true,
		reason: brokenReason
	}
];
/**
* Whose disk is full, and where. A registry tells of its own in the words of its storage (distribution
* registry/storage/driver/filesystem), and what unpacks a layer into a container storage names the path in the layer.
*/
function spaceReason(text) {
	if (/\bfilesystem: |HTTP status|\bStatusCode\b|\bunknown: /.test(text)) return `the registry has no space left, its own disk is full: let whoever runs it make room (${text})`;
	const file = /processing tar file/i.test(text) ? void 0 : /(?:^|\s)(\/\S+): (?:no space|disk quota)/i.exec(text)?.[1];
	return `no space is left ${file === void 0 ? "on this machine, in the folder that it is written to" : `in ${dirname(file)}`}: free some, or choose another place with work-dir, export or TMPDIR`;
}
function brokenReason(text) {
	return `the connection broke, or what came over it is not whole (${text}): check network and proxies, and try again later`;
}
function tlsDetail(text) {
	return /(?:x509|tls): .*$/.exec(text)?.[0] ?? text;
}
// src/registry/retryafter.ts
/** Seconds in each unit that Go prints of a time.Duration. */
const UNITS = {
	ns: 1e-9,
	us: 1e-6,
	µs: 1e-6,
	ms: .001,
	s: 1,
	m: 60,
	h: 3600
};
const DURATION = /(\d+(?:\.\d+)?)\s*(ns|us|[µμ]s|ms|s|m|h)/g;
/** ghcr.io writes `retry-after: 583.391µs` into its message, others `try again in 12s` or `retry after 30 seconds`. */
const TOLD = /(?:retry[- ]after|(?:try again|retry) in)["']?[:=]?\s*["']?((?:\d+(?:\.\d+)?\s*(?:ns|us|[µμ]s|ms|s|m|h)?)+)/i;
/**
* How long a registry asks to wait, where it says so in its message: skopeo tells of a Retry-After header nothing.
*
* @returns seconds, undefined where nothing is said
*/
function toldWaitSeconds(text) {
	const told = TOLD.exec(text)?.[1];
	if (told === void 0) return void 0;
	const parts = [...told.matchAll(DURATION)];
	if (parts.length === 0) return Number.parseFloat(told);
	return parts.reduce((sum, [, count, unit = "s"]) => sum + Number(count) * (UNITS[unit.replace("μ", "µ")] ?? 1), 0);
}
// src/registry/refusal.ts
/** What a web page under a registry's address means: a captive portal, a wrong host. */
const webPage = {
	kind: "no-registry",
	reason: WEB_PAGE,
	transient: false
};
/** Nothing came or went for so long that we ended skopeo, which waits for ever. */
function stillness(seconds) {
	return {
		kind: "still",
		reason: `nothing came for ${seconds} s: check the network, proxies and firewalls, and whether the registry limits its users (skopeo waits for that without a word); then try again`,
		transient: true
	};
}
/** An answer that is not what was asked for. @param what is wrong with it */
function damage(what) {
	return {
		kind: "damaged",
		reason: `it came damaged: ${what}; try again, or ask who runs the registry`,
		transient: true
	};
}
/**
* @param lines what skopeo printed, newest last
* @param isCopy whether it had more to do than to ask once, so that the registry had taken its token before
*/
function refusalOf(lines, isCopy = false) {
	const text = fatalText(lines);
	const status = httpStatus(text);
	const phase = phaseOf(text);
	const found = RULES.find((rule) => rule.pattern.test(text) || status !== void 0 && rule.status?.includes(status));
	const rule = found?.kind === "missing" && phase !== void 0 && BEFORE.has(phase) ? void 0 : found;
	const shown = status ?? (found?.status?.length === 1 ? found.status[0] : void 0);
	const about = {
		...phase === void 0 ? {} : { phase },
		...shown === void 0 ? {} : { status: shown }
	};
	if (!rule) return {
		kind: "other",
		reason: otherReason(text, shown),
		transient: false,
		...about
	};
	const reason = typeof rule.reason === "string" ? rule.reason : rule.reason(text);
	const transient = rule.transient === "copy" ? isCopy : rule.transient ?? false;
	const waitSeconds = rule.kind === "rate" ? toldWaitSeconds(text) : void 0;
	return {
		kind: rule.kind,
		reason,
		transient,
		...about,
		...waitSeconds === void 0 ? {} : { waitSeconds }
	};
}
/** Before anything is asked of a repository. */
const BEFORE = /* @__PURE__ */ new Set(["while a token was fetched", "at the first contact"]);
/** What only somebody's answer can be wrong with. */
const ANSWER = /HTTP|\bhttps?:|(?:manifest|tag|name|size) invalid|unsupported|registry/i;
function otherReason(text, status) {
	if (text === "") return "skopeo gave no reason";
	if (status === void 0 && !ANSWER.test(text)) return text;
	return `the registry does not take it, or is none (${text}): check the address, or ask who runs it`;
}
/** What was just written has to be there. */
function asPassing(refusal) {
	if (refusal.kind === "missing") return {
		...refusal,
		kind: "read-back",
		reason: "nothing is there: the registry drops what it gets, ask who runs it",
		transient: true
	};
	return refusal.kind === "no-registry" ? {
		...refusal,
		transient: true
	} : refusal;
}
/** A base in files of this machine: what a registry may get over lasts here. */
function refusalHere(lines, refusal) {
	if (![
		"broken",
		"damaged",
		"other",
		"silent"
	].includes(refusal.kind)) return refusal;
	return {
		kind: "archive",
		reason: `it is damaged, or not what its name says (${fatalText(lines)}): make it anew`,
		transient: false
	};
}
/** A registry may answer with any number of characters, which no rule here is made for, and nobody reads. */
const TEXT_LIMIT = 4096;
/** The message of the last `level=fatal` line, else of the first error, else the last line; without logrus' quoting and without the name that we say ourselves. */
function fatalText(lines) {
	const last = lines.findLast((line) => line.includes("level=fatal")) ?? lines.find((line) => line.includes("level=error")) ?? lines.findLast((line) => line.trim() !== "") ?? "";
	const quoted = /\bmsg=("(?:[^"\\]|\\.)*")/.exec(last)?.[1];
	const whole = quoted === void 0 ? last.trim() : unquoted$1(quoted);
	return (whole.length > TEXT_LIMIT ? `${whole.slice(0, TEXT_LIMIT)} …` : whole).replace(/^(?:Error )?(?:parsing|initializing|reading) (?:image name|source) "?\S+?"?: /, "");
}
function unquoted$1(text) {
	try {
		return String(JSON.parse(text));
	} catch {
		return text.slice(1, -1);
	}
}
function httpStatus(text) {
	const status = /(?:status ?(?:code)?(?: from registry)?[:\s]+|parsing HTTP |: (?=\d{3} \([A-Z]))(\d{3})\b/i.exec(text)?.[1];
	return status === void 0 ? void 0 : Number(status);
}
/** What rarely passes, or takes minutes to show. */
const MOST_OF_KIND = {
	still: 3,
	refused: 4,
	login: 3,
	damaged: 4,
	"read-back": 4,
	"no-registry": 4
};
const FIRST_MILLISECONDS = 1e3;
const FIRST_RATE_MILLISECONDS = 15e3;
const LONGEST_MILLISECONDS = 12e4;
/** skopeo sleeps up to so long where it is told to wait, and does not say so (c/image docker_client.go, backoffMaxDelay). */
const AFTER_STILL_MILLISECONDS = 6e4;
/**
* How long to wait before the next try: twice as long each time, and up to half of it more, so that jobs that failed
* together do not come back together. Never sooner than the registry asks for in its message. skopeo's own tries are
* none of ours: no version knows a 500 or a connection that closes in the middle, old ones no 5xx at all.
*
* @param refusals of all tries so far, the newest last
* @param random from 0 up to 1
* @param tries at most, in all
* @returns milliseconds, or undefined to give up
*/
function retryDelay(refusals, random, tries = 6) {
	const refusal = refusals.at(-1);
	if (!refusal?.transient || refusals.length >= tries) return void 0;
	const alike = refusals.filter(({ kind }) => kind === refusal.kind).length;
	if (alike >= (MOST_OF_KIND[refusal.kind] ?? 6)) return void 0;
	const told = (refusal.waitSeconds ?? 0) * 1e3;
	if (told > LONGEST_MILLISECONDS) return void 0;
	const usual = Math.min(LONGEST_MILLISECONDS, usualDelay(refusal, refusals.length, alike));
	return Math.round(Math.max(usual, told) * (1 + random() / 2));
}
function usualDelay({ kind, waitSeconds }, tried, alike) {
	if (kind === "still") return AFTER_STILL_MILLISECONDS;
	if (kind === "rate" && waitSeconds === void 0) return FIRST_RATE_MILLISECONDS * 2 ** (alike - 1);
	return FIRST_MILLISECONDS * 2 ** (tried - 1);
}
const realSleep = async (milliseconds, signal) => await setTimeout$1(milliseconds, void 0, signal === void 0 ? {} : { signal });
// src/registry/skopeo.ts
/** skopeo itself waits for ever: it has no idle limit. */
const LIMITS = {
	answerSeconds: 120,
	idleSeconds: 120
};
const REGISTRY = "docker://";
const IN_FILES = /^(?:docker-archive|oci-archive|oci|dir):/;
/** Of what a job writes to. */
function targetPurpose(reference, failure) {
	return {
		side: "target",
		reference,
		failure
	};
}
/** Of what a job wrote and reads again. */
function readBackPurpose(reference, failure) {
	return {
		...targetPurpose(reference, failure),
		isWritten: true
	};
}
/** A registry's refusal with the kind of it, for callers that take some kinds for an answer. */
var RefusedError = class extends RegistryError {
	purpose;
	refusal;
	refused;
	constructor(purpose, refusal, refused) {
		const { detail, tries, ending } = refused;
		const message = `${purpose.failure}: ${refusal.reason} (${circumstances(refusal, tries)})`;
		const code = purpose.isWritten ? "registry-read-back" : `registry-${refusal.kind}`;
		super(code, oneLine(ending === void 0 ? message : `${message}; ${ending}`), {
			side: purpose.side,
			reference: purpose.reference,
			detail
		});
		this.purpose = purpose;
		this.refusal = refusal;
		this.refused = refused;
	}
};
function oneLine(text) {
	return text.replaceAll(/\s*\n\s*/g, " ").trim();
}
function circumstances({ phase, status }, tries) {
	return [
		phase,
		status === void 0 ? void 0 : `HTTP ${status}`,
		tries === 1 ? "1 try" : `${tries} tries`
	].filter((text) => text !== void 0).join(", ");
}
/**
* Runs skopeo, the one place where that is done: what belongs to every call to a registry (tries, waits, limits of time)
* belongs here.
*
* @throws RefusedError when it fails for good, after up to 6 tries where another try may help; CommandError when skopeo is
*   missing, is ended by a signal or the job is canceled
*/
async function runSkopeo(args, access, purpose, asking = {}) {
	const all = [...globalFlags(access), ...args];
	const refusals = [];
	for (;;) {
		const answer = await attempt(all, access, purpose, asking);
		if (!("refusal" in answer)) return answer;
		const { refusal, detail } = answer;
		refusals.push(refusal);
		const delay = retryDelay(refusals, access.random ?? Math.random, asking.tries);
		if (delay === void 0 || await asking.isSettled?.(refusal)) throw new RefusedError(purpose, refusal, {
			detail,
			tries: refusals.length
		});
		const { reason } = refusal;
		access.report.info(oneLine(`${purpose.failure}: ${reason}; trying again in ${delay / 1e3} s`));
		await pause(delay, access, all);
	}
}
/** The manifest or index as it came, byte for byte. Throws what `runSkopeo` does. */
async function readManifest(name, access, purpose, asking = {}) {
	const judge = (answer) => documentFault(name, answer) ?? asking.judge?.(answer);
	return (await runSkopeo([
		"inspect",
		"--raw",
		...inspectFlags(access),
		name
	], access, purpose, {
		...asking,
		judge
	})).stdout;
}
/** skopeo prints whatever was answered with status 200. */
function documentFault(name, answer) {
	if (!answer.subarray(0, 100).toString("utf8").trimStart().startsWith("{")) return webPage;
	if (!name.startsWith(REGISTRY)) return void 0;
	try {
		JSON.parse(answer.toString("utf8"));
		return;
	} catch (error) {
		return damage(`it is no JSON (${error instanceof Error ? error.message : error})`);
	}
}
/** What `Asking.judge` needs to accept one digest alone. */
function only(digest) {
	return (answer) => {
		const found = digestOf(answer);
		return found === digest ? void 0 : damage(`asked for ${digest}, got ${found}`);
	};
}
/** The config of an image as it came, byte for byte. Throws what `runSkopeo` does. */
async function readConfig(name, access, purpose, asking = {}) {
	return (await runSkopeo([
		"inspect",
		"--config",
		"--raw",
		...inspectFlags(access),
		name
	], access, purpose, asking)).stdout;
}
async function copyImage(copy, access, purpose, asking = {}) {
	const { from, to, flags, globals = [] } = copy;
	await runSkopeo([
		...globals,
		"copy",
		...copyFlags(access),
		...flags,
		from,
		to
	], access, purpose, asking);
}
/** What of `skopeo copy` a push needs; both came with 1.6. */
const NEEDED_FLAGS = ["--preserve-digests", "--multi-arch"];
/**
* @throws HostError when the installed skopeo lacks one of the flags that pushes need
*/
async function requireSkopeo(access) {
	const { stdout } = await runCommand("skopeo", ["copy", "--help"], commandOptions(access));
	const help = stdout.toString("utf8");
	const lacking = NEEDED_FLAGS.find((flag) => !help.includes(flag));
	if (lacking === void 0) return;
	const { stdout: version } = await runCommand("skopeo", ["--version"], commandOptions(access));
	throw new HostError("host-tools", `${version.toString("utf8").trim()} is too old, it has no ${lacking}`, "install skopeo 1.6 or later");
}
async function attempt(args, access, { isWritten, side }, { input, judge }) {
	const isCopy = args.includes("copy");
	const isMidway = isCopy || args.includes("--config");
	const phase = isCopy ? "in the middle of a copy" : "at a question";
	const judged = (refusal) => ({
		phase,
		...isWritten ? asPassing(refusal) : refusal
	});
	try {
		const result = await runCommand("skopeo", args, {
			...commandOptions(access),
			...timeLimit(args, isCopy, access.limits ?? LIMITS),
			...input === void 0 ? {} : { input }
		});
		const refusal = judge?.(result.stdout);
		return refusal === void 0 ? result : {
			refusal: judged(refusal),
			detail: []
		};
	} catch (error) {
		if (!(error instanceof CommandError)) throw error;
		const { outcome } = error;
		const hide = (line) => hideSecrets(line, access.secrets ?? []);
		const [lastLines, detail] = [error.lastLines.map(hide), error.detail.map(hide)];
		if (outcome.kind === "exit") {
			const refusal = refusalOf(lastLines, isMidway);
			return {
				refusal: judged(side === "base" && args.some((arg) => IN_FILES.test(arg)) && !args.some((arg) => arg.startsWith(REGISTRY)) ? refusalHere(lastLines, refusal) : refusal),
				detail
			};
		}
		if (outcome.kind !== "timeout" && outcome.kind !== "idle") throw error;
		return {
			refusal: judged(stillness(outcome.seconds)),
			detail
		};
	}
}
/** A question has its answer at once or never; how long a copy takes only its size knows, but bytes have to move. */
function timeLimit(args, isCopy, { answerSeconds, idleSeconds }) {
	if (!isCopy) return args.some((arg) => IN_FILES.test(arg)) ? {} : { timeoutSeconds: answerSeconds };
	return args.some((arg) => arg.startsWith(REGISTRY)) ? { idleSeconds } : {};
}
async function pause(milliseconds, access, args) {
	try {
		await (access.sleep ?? realSleep)(milliseconds, access.signal);
	} catch (error) {
		if (access.signal?.aborted) throw new CommandError("skopeo", args, { kind: "canceled" }, []);
		throw error;
	}
}
function commandOptions(access) {
	return {
		env: access.environment,
		...access.signal === void 0 ? {} : { signal: access.signal }
	};
}
// src/registry/target/pushorder.ts
/**
* Least specific tags last, so that what people follow moves when everything else is in place: versions by falling
* number of components, then other names, then `latest`. Else the given order.
*/
function pushOrder(tags) {
	return tags.toSorted((one, other) => specificity(other) - specificity(one));
}
function specificity(reference) {
	const parsed = parseReference(reference);
	const tag = typeof parsed === "string" ? void 0 : parsed.tag;
	if (tag === void 0 || tag === "latest") return -1;
	const version = /^v?(\d+(?:\.\d+)*)(?![A-Za-z0-9])/.exec(tag)?.[1];
	return version === void 0 ? 0 : version.split(".").length;
}
// src/registry/target/push.ts
/** Where a format is named, a refused index is not tried again as Docker's list, which tells another error than the first. */
const INDEX_ALONE = ["--multi-arch=index-only", "--format=oci"];
async function pushDocument({ from, to, digest, isIndex, platform }, access) {
	const flags = [
		"--quiet",
		"--preserve-digests",
		...isIndex ? INDEX_ALONE : []
	];
	const purpose = targetPurpose(to, `the push to ${to} failed`);
	const isSettled = async ({ kind, phase }) => (kind === "still" || phase === "while the manifest was written") && await carried(to, access, 1) === digest;
	try {
		await copyImage({
			from,
			to: `docker://${to}`,
			flags
		}, access, purpose, { isSettled });
	} catch (error) {
		if (error instanceof CommandError && error.outcome.kind === "signal") return await afterKill(error, to, digest, access);
		if (!(error instanceof RefusedError)) throw error;
		const found = await carried(to, access, error.refusal.kind === "still" ? 1 : 3);
		if (found !== digest) throw new RefusedError(error.purpose, error.refusal, {
			...error.refused,
			ending: stateText(found)
		});
		access.report.info(`${error.message}; but ${to} carries ${digest}, so the push got through`);
		return;
	}
	await confirm(to, digest, access);
	access.report.info(`pushed ${to}${platform === void 0 ? "" : `, for ${platformText(platform)}`}`);
}
/** Somebody ended skopeo, or the system for want of memory: it is then asked how far it came. A cancel ends the question. */
async function afterKill(error, to, digest, access) {
	const found = await carried(to, access, 3);
	if (found === digest) {
		access.report.info(`${error.message}; but ${to} carries ${digest}, so the push got through`);
		return;
	}
	access.report.warning(`the push to ${to} was cut off; ${stateText(found)}`);
	throw error;
}
/**
* Moves tags to an index whose manifests their repositories have, in the order of `pushImage`. A tag that carries it
* already stays untouched.
*
* @param index in a layout that holds nothing else
* @param onTag called for each tag that carries it now
* @throws RegistryError at the first tag that does not carry it
*/
async function pushIndex(index, tags, access, onTag) {
	const { layout, name, digest } = index;
	for (const tag of pushOrder(tags)) {
		if (await presentDigest(tag, access) === digest) access.report.info(`${tag} is there already`);
		else await pushDocument({
			from: folderName("oci", layout, name),
			to: tag,
			digest,
			isIndex: true
		}, access);
		onTag(tag);
	}
}
/** What a tag carries before a push; undefined where it cannot be read, as one that is new. */
async function presentDigest(tag, access) {
	try {
		const purpose = targetPurpose(tag, `${tag} cannot be read`);
		return digestOf(await readManifest(`docker://${tag}`, access, purpose, { tries: 2 }));
	} catch (error) {
		if (error instanceof RefusedError) return void 0;
		throw error;
	}
}
/** What stands there after a push that failed; it is asked for less long than a push tries. */
async function carried(name, access, tries) {
	try {
		const purpose = targetPurpose(name, `what ${name} carries cannot be read`);
		return digestOf(await readManifest(`docker://${name}`, access, purpose, { tries }));
	} catch (error) {
		if (!(error instanceof RefusedError)) throw error;
		return error.refusal.kind === "missing" ? "nothing" : void 0;
	}
}
function stateText(found) {
	if (found === void 0) return "what it carries now cannot be read";
	return found === "nothing" ? "nothing is there now" : `it carries ${found} now`;
}
/** Some registries answer from a copy that lags behind, so another answer is not the last word. */
async function confirm(to, digest, access) {
	const judge = (answer) => {
		const found = digestOf(answer);
		const reason = `it carries ${found} now, not our ${digest}; somebody else pushed at the same time, or the registry changes or drops what it gets`;
		return found === digest ? void 0 : {
			kind: "read-back",
			reason,
			transient: true
		};
	};
	const purpose = readBackPurpose(to, `${to} was pushed but cannot be read back`);
	try {
		await readManifest(`docker://${to}`, access, purpose, { judge });
	} catch (error) {
		if (!(error instanceof RefusedError) || error.refusal.kind !== "read-back") throw error;
		throw new RefusedError({
			...purpose,
			failure: `the push to ${to} had no effect`
		}, error.refusal, error.refused);
	}
}
// src/registry/target/pushedpart.ts
/**
* Reads one of the images of a merge: its manifests and what says their platform, no layers.
*
* @throws InputError for the input `images` when it is not there, or not whole; RegistryError when the registry refuses;
*   ImageError when it cannot be in an index
*/
async function readPart(image, access) {
	const name = referenceText(image);
	const bytes = await readPinned(image, access, `${name} is not there: push it by digest before, or leave it out`);
	if (!holdsIndex(bytes, name)) return partOfManifest(name, bytes, await readConfig(`docker://${name}`, access, purposeOf(name)));
	const index = checkedIndex(name, bytes);
	const manifests = /* @__PURE__ */ new Map();
	for (const { digest } of index.manifests) {
		const missing = `${name} is not there as a whole, its manifest ${digest} is missing: push it again`;
		manifests.set(digest, await readPinned({
			...image,
			digest
		}, access, missing));
	}
	return partOfIndex(name, index, manifests);
}
/**
* Makes sure that a repository has all that an index of these parts names.
*
* @throws InputError for the input `tags`; RegistryError when the registry refuses
*/
async function requireEntries(repository, parts, access) {
	const name = repositoryText(repository);
	for (const { descriptor } of parts.flatMap(({ entries }) => entries)) {
		const image = {
			...repository,
			digest: descriptor.digest
		};
		await readPinned(image, access, `${referenceText(image)} is not there: push the images to ${name} too, or leave out its tags`, "tags");
	}
}
/** @param missing what to say where it is not there, of the input */
async function readPinned(image, access, missing, input = "images") {
	const name = referenceText(image);
	const asking = { judge: only(image.digest) };
	return await readManifest(`docker://${name}`, access, purposeOf(name), asking).catch((error) => {
		if (!(error instanceof RefusedError) || error.refusal.kind !== "missing") throw error;
		throw new InputError([{
			where: `input ${input}`,
			text: missing
		}]);
	});
}
function purposeOf(name) {
	return targetPurpose(name, `the image ${name} cannot be read`);
}
// src/job/result.ts
/**
* How far a push has come.
*
* @param tags of the plan
* @param carrying those of them that carry the digest by now
*/
function reachedTags(tags, carrying, digest) {
	const [first] = tags;
	return {
		tags: tags.filter((tag) => carrying.has(tag)),
		image: first !== void 0 && carrying.has(first) ? `${repositoryOf(first)}@${digest}` : ""
	};
}
// src/job/merge.ts
const INDEX_NAME = "index";
/**
* Makes one index of images that are in a registry and moves the tags to it. Nothing is written before everything is read
* and found right.
*
* @throws InputError when the images are not there or do not go together; RegistryError, ImageError, HostError; what was
*   reached before stands in the last `onProgress`
*/
async function mergeImages(job) {
	const { plan, access, workFolder, onProgress } = job;
	const { report } = access;
	await requireSkopeo(access);
	report.group("Images");
	const parts = await readParts(plan, access);
	const merged = mergedIndex(parts, plan.annotations);
	for (const line of mergeLines(merged, parts, plan.annotations)) report.info(line);
	report.group("Push");
	const { digest } = merged.descriptor;
	const carrying = /* @__PURE__ */ new Set();
	let reached = {
		digest,
		image: "",
		tags: []
	};
	onProgress(reached);
	await pushIndex({
		layout: await layoutOf(merged, workFolder),
		name: INDEX_NAME,
		digest
	}, plan.tags, access, (tag) => {
		carrying.add(tag);
		reached = {
			digest,
			...reachedTags(plan.tags, carrying, digest)
		};
		onProgress(reached);
	});
	report.endGroup();
	return reached;
}
async function readParts(plan, access) {
	const read = [];
	for (const image of plan.images) read.push({
		repository: repositoryText(image),
		part: await readPart(image, access)
	});
	const parts = read.map(({ part }) => part);
	const problems = partProblems(parts);
	if (problems.length > 0) throw new InputError(problems.map((text) => ({
		where: "input images",
		text
	})));
	for (const target of plan.repositories) await requireEntries(target, read.filter(({ repository }) => repository !== repositoryText(target)).map(({ part }) => part), access);
	return parts;
}
/** What the index holds, and which annotations it does not. */
function mergeLines({ index }, parts, annotations) {
	const kinds = new Map(parts.flatMap(({ entries }) => entries.map(({ descriptor, kind }) => [descriptor.digest, kind])));
	const entries = index.manifests.map(({ digest, platform }) => {
		return `${platform === void 0 ? "" : platformText(platform)} ${kinds.get(digest)} ${digest}`;
	});
	const unused = unusedAnnotations(parts, annotations);
	if (unused.length === 0) return entries;
	const names = [...new Set(unused.map(({ key }) => key))].join(", ");
	const reason = `a merge writes those of index and manifest-descriptor, for ${[...new Set(parts.flatMap(partPlatforms))].join(", ")}, and changes no manifest`;
	return [...entries, `Annotations left out: ${names} (${reason})`];
}
async function layoutOf({ bytes, descriptor }, workFolder) {
	const layout = await createLayout(join(workFolder, "layout"));
	await putBlob(layout, bytes);
	await writeIndex(layout, namedDescriptors(descriptor, [{ ref: INDEX_NAME }]));
	return layout.folder;
}
// src/host/distribution.ts
const FAMILIES = [
	{
		ids: ["ubuntu"],
		packages: "ubuntu"
	},
	{
		ids: ["debian"],
		packages: "debian"
	},
	{
		ids: [
			"fedora",
			"rhel",
			"centos"
		],
		packages: "fedora"
	},
	{
		ids: [
			"suse",
			"opensuse",
			"sles"
		],
		packages: "suse"
	}
];
const INSTALLERS = {
	debian: "apt",
	fedora: "dnf",
	suse: "zypper"
};
/**
* The distribution that an os-release text names by `ID`, else by `ID_LIKE`.
*
* @param osRelease the text of /etc/os-release; os-release(5) has the format
* @returns undefined where neither is one whose package names we know
*/
function distribution(osRelease) {
	const fields = osReleaseFields(osRelease);
	const id = fields.get("ID") ?? "linux";
	const packages = [id, ...(fields.get("ID_LIKE") ?? "").split(/\s+/)].map((name) => FAMILIES.find((family) => family.ids.includes(name))).find((family) => family !== void 0)?.packages;
	if (packages === void 0) return void 0;
	const family = packages === "ubuntu" ? "debian" : packages;
	const codename = fields.get("UBUNTU_CODENAME") || fields.get("VERSION_CODENAME");
	const versionId = fields.get("VERSION_ID");
	return {
		id,
		family,
		packages,
		installer: INSTALLERS[family],
		...versionId ? { versionId } : {},
		...codename ? { codename } : {}
	};
}
/**
* Reads which distribution this machine runs.
*
* @param root where the machine's file tree starts
* @returns undefined where there is no os-release file, or one that we do not know
*/
async function readDistribution(root = "/") {
	for (const file of ["etc/os-release", "usr/lib/os-release"]) {
		const text = await readFile(join(root, file), "utf8").catch(() => void 0);
		if (text !== void 0) return distribution(text);
	}
}
function osReleaseFields(text) {
	const fields = /* @__PURE__ */ new Map();
	for (const line of text.split("\n")) {
		const [, key, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line.trim()) ?? [];
		if (key !== void 0 && value !== void 0) fields.set(key, unquoted(value));
	}
	return fields;
}
function unquoted(value) {
	const [, , inner] = /^(["'])(.*)\1$/.exec(value) ?? [];
	return (inner ?? value).replace(/\\([\\"'$`])/g, "$1");
}
// src/host/missing.ts
/** Where system programs live; Debian leaves these out of an ordinary user's PATH. */
const SYSTEM_FOLDERS = [
	"/usr/local/sbin",
	"/usr/sbin",
	"/sbin"
];
/** The folders of a PATH, then those of system programs: where KIWI's programs are looked for and run from. */
function searchFolders(path) {
	return [.../* @__PURE__ */ new Set([...path.split(":").filter((folder) => folder.startsWith("/")), ...SYSTEM_FOLDERS])];
}
/** Which of the tools this machine lacks, in their order. Looks at files only and runs nothing. */
async function missingTools(tools, folders) {
	const present = await Promise.all(tools.map((tool) => isPresent(tool, folders)));
	return tools.filter((_, index) => present[index] === false);
}
async function isPresent({ look }, folders) {
	switch (look.kind) {
		case "program": return await findProgram(look.anyOf, folders) !== void 0;
		case "file": return (await stat(look.path).catch(() => void 0))?.isFile() === true;
		case "python-venv": {
			const python = await findProgram(["python3"], folders);
			return python !== void 0 && await hasEnsurepip(python);
		}
	}
}
/** The path of the first of some programs that is in one of the folders and executable. */
async function findProgram(names, folders) {
	for (const name of names) for (const folder of folders) {
		const path = join(folder, name);
		if ((await stat(path).catch(() => void 0))?.isFile() === true && await access(path, constants$2.X_OK).then(() => true, () => false)) return path;
	}
}
/**
* Whether the library of a Python holds `ensurepip`. A python3 without a library beside it is a script of pyenv or the
* like in front of the real one: such Pythons are complete.
*/
async function hasEnsurepip(python) {
	const real = await realpath(python);
	const version = /^python(3\.\d+)/.exec(basename(real))?.[1];
	const libraries = [];
	for (const folder of ["lib", "lib64"]) {
		const library = join(dirname(dirname(real)), folder);
		const wanted = (await readdir(library).catch(() => [])).filter((name) => version ? name === `python${version}` : /^python3\.\d+$/.test(name));
		libraries.push(...wanted.map((name) => join(library, name)));
	}
	if (libraries.length === 0) return true;
	const modules = libraries.map((library) => join(library, "ensurepip/__init__.py"));
	return (await Promise.all(modules.map((module) => stat(module).catch(() => void 0)))).some((entry) => entry?.isFile());
}
// src/host/install.ts
const LOCK_SECONDS = 300;
const PAUSE_SECONDS = 5;
/** How long a package may take to be unpacked and configured. */
const PACKAGE_SECONDS = 120;
const OLD_LISTS_SECONDS = 86400;
/** The packages that bring some tools on a distribution, each once, and the tools for which none is known. */
function packagesFor(tools, distribution) {
	const named = tools.map((tool) => distribution ? tool.packages[distribution.packages] : void 0);
	return {
		packages: [...new Set(named.filter((name) => name !== void 0))],
		unknown: tools.filter((_, index) => named[index] === void 0)
	};
}
/** Whether packages are known that bring all of them. */
function canInstall(tools, distribution) {
	return distribution !== void 0 && packagesFor(tools, distribution).unknown.length === 0;
}
/** The command that installs packages without asking and without what they only recommend. */
function installCommand(packages, { installer }) {
	switch (installer) {
		case "apt": return aptGet([
			`-oDPkg::Lock::Timeout=${LOCK_SECONDS}`,
			"install",
			"--yes",
			"--no-install-recommends",
			...packages
		]);
		case "dnf": return {
			program: "dnf",
			args: [
				"install",
				"--assumeyes",
				"--setopt=install_weak_deps=False",
				...packages
			]
		};
		case "zypper": {
			const args = [
				"zypper",
				"--non-interactive",
				"install",
				"--no-recommends",
				...packages
			];
			return {
				program: "env",
				args: [`ZYPP_LOCK_TIMEOUT=${LOCK_SECONDS}`, ...args]
			};
		}
	}
}
/** What to say where tools are missing and we were not asked to install them: all of them, and the line to copy. */
function missingToolsError(missing, distribution) {
	const { packages, unknown } = packagesFor(missing, distribution);
	const remedies = [];
	if (distribution && packages.length > 0) remedies.push(`run \`sudo ${{
		apt: "apt-get install --no-install-recommends",
		dnf: "dnf install",
		zypper: "zypper install --no-recommends"
	}[distribution.installer]} ${packages.join(" ")}\` or set install-tools`);
	if (unknown.length > 0) remedies.push(unpackaged(unknown, distribution));
	return new HostError("host-tools", `this machine lacks ${listed(missing)}`, remedies.join("; "));
}
/**
* Installs the packages that bring the missing tools, then looks again. Does nothing where none is missing.
*
* @throws HostError where the distribution is none that we know, a tool has no package, we cannot become root, or a
*   tool is still missing afterwards
* @throws CommandError where the package manager fails
*/
async function installTools(installation) {
	const { missing, distribution, report } = installation;
	if (missing.length === 0) return;
	const { packages, unknown } = packagesFor(missing, distribution);
	if (distribution === void 0 || unknown.length > 0) throw missingToolsError(missing, distribution);
	const { program, args } = installCommand(packages, distribution);
	report.group(`Installing ${packages.join(" ")}`);
	try {
		for (const tool of missing) report.info(`${tool.name}: ${tool.reason}`);
		if (distribution.installer === "apt") await installByApt(packages, {
			program,
			args
		}, installation);
		else await run({
			program,
			args
		}, installation);
	} finally {
		report.endGroup();
	}
	const still = await missingTools(missing, installation.folders);
	if (still.length > 0) {
		const brought = packagesFor(still, distribution).packages.join(" ");
		throw new HostError("host-packages", `${listed(still)} still missing after ${brought} was installed`, `see what \`${program} ${args.join(" ")}\` prints, and install what brings it`);
	}
}
async function installByApt(packages, install, installation) {
	const { report } = installation;
	let updated = await listsAreOld(installation.listsFolder ?? "/var/lib/apt/lists", installation.nowSeconds) || (await unknownToApt(packages, installation)).length > 0;
	if (updated) await updateLists(installation);
	const unknown = await unknownToApt(packages, installation);
	if (unknown.length > 0) throw new HostError("host-packages", `apt does not find ${unknown.join(", ")} in the sources of this machine`, "add a source that has them (on Ubuntu: `add-apt-repository universe`) or install the tools in another way");
	for (;;) try {
		return await run(install, installation);
	} catch (error) {
		if (updated || !(error instanceof CommandError) || error.outcome.kind !== "exit") throw error;
		report.info("apt-get failed; trying once more with fresh package lists");
		updated = true;
		await updateLists(installation);
	}
}
/** `apt-get update` gives up at once where another one holds the lock of the lists, whatever Lock::Timeout says. */
async function updateLists(installation) {
	let failures = 0;
	for (let waited = 0;; waited += PAUSE_SECONDS) try {
		return await run(aptGet(["-oAcquire::Retries=3", "update"]), installation);
	} catch (error) {
		if (!(error instanceof CommandError) || error.outcome.kind !== "exit") throw error;
		const locked = error.lastLines.some((line) => /could not get lock|unable to lock/i.test(line));
		if (!locked) failures += 1;
		if (failures >= 3 || waited >= LOCK_SECONDS) throw error;
		installation.report.info(`apt-get update ${locked ? "waits for another apt" : "failed"}; trying again`);
		await setTimeout$1(PAUSE_SECONDS * 1e3, void 0, installation.signal ? { signal: installation.signal } : {});
	}
}
async function listsAreOld(folder, nowSeconds) {
	const names = (await readdir(folder).catch(() => [])).filter((name) => name.includes("_Packages"));
	if (names.length === 0) return true;
	const times = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).mtimeMs / 1e3));
	const fetched = (await stat(folder)).mtimeMs / 1e3;
	return nowSeconds - Math.max(fetched, ...times) > OLD_LISTS_SECONDS;
}
async function unknownToApt(packages, { signal }) {
	const { stdout } = await runCommand("env", [
		"LC_ALL=C",
		"apt-cache",
		"policy",
		...packages
	], { ...signal && { signal } });
	return unknownPackages(packages, stdout.toString("utf8"));
}
/** Which packages `apt-cache policy` knows no candidate of; it says nothing at all about those it never heard of. */
function unknownPackages(packages, policy) {
	const known = /* @__PURE__ */ new Set();
	let name = "";
	for (const line of policy.split("\n")) {
		name = /^(\S+):$/.exec(line)?.[1] ?? name;
		if (/^ {2}Candidate: (?!\(none\))/.test(line)) known.add(name);
	}
	return packages.filter((wanted) => !known.has(wanted));
}
function aptGet(args) {
	return {
		program: "env",
		args: [
			"DEBIAN_FRONTEND=noninteractive",
			"LC_ALL=C",
			"apt-get",
			...args
		]
	};
}
async function run(invocation, { privileges, report, signal }) {
	const { program, args } = asRoot(privileges, invocation.program, invocation.args);
	await runCommand(program, args, {
		onLine: (line) => report.output(line),
		stopSignal: "SIGINT",
		graceSeconds: PACKAGE_SECONDS,
		...signal && { signal }
	});
}
function unpackaged(tools, distribution) {
	const names = tools.map((tool) => tool.name).join(", ");
	return distribution ? `no package of ${distribution.id} is known to bring ${names}: install it in another way` : `this is no Debian, Ubuntu, Fedora or SUSE system whose packages we know: install ${names} yourself`;
}
function listed(tools) {
	return tools.map((tool) => `${tool.name} (${tool.reason})`).join(", ");
}
// src/host/devices.ts
const REMEDY = "give the container --privileged -v /dev:/dev, or build on the machine itself";
/**
* Whether the nodes of devices appear by themselves: only the kernel's own filesystem makes that of a partition when KIWI
* adds it (OSInside/kiwi issue 2293). A container has a /dev of its own, with the nodes of the moment when it was made.
*
* @param mountinfo proc_pid_mountinfo(5): mount point in field 5, the filesystem's type behind the hyphen
*/
function hasDeviceNodes(mountinfo) {
	const mounts = mountinfo.split("\n").map((line) => line.split(" "));
	const type = (fields) => fields[fields.indexOf("-", 6) + 1];
	return type(mounts.findLast((fields) => fields[4] === "/dev") ?? []) === "devtmpfs";
}
/**
* Why KIWI could not make a disk of a file on this machine.
*
* @param losetup path of the program
*/
async function deviceLacks(privileges, losetup) {
	const lacks = [];
	if (!hasDeviceNodes(await readFile("/proc/self/mountinfo", "utf8"))) lacks.push(new HostError("host-devices", "no partition of a disk appears in /dev, which is no devtmpfs", REMEDY));
	const reason = await loopLack(privileges, losetup);
	if (reason !== void 0) {
		const remedy = `load the module loop (modprobe loop), detach one that nobody uses (losetup --detach), or ${REMEDY}`;
		lacks.push(new HostError("host-devices", `this machine has no loop device for the disk (${reason})`, remedy));
	}
	return lacks;
}
/** losetup(8) asks /dev/loop-control for a free device, which loads the module, else looks through /dev. */
async function loopLack(privileges, losetup) {
	const { program, args } = asRoot(privileges, losetup, ["--find"]);
	try {
		const { stdout } = await runCommand(program, args, { timeoutSeconds: 20 });
		const device = stdout.toString("utf8").trim();
		return (await stat(device).catch(() => void 0))?.isBlockDevice() ? void 0 : `${device} is not there`;
	} catch (error) {
		if (!(error instanceof CommandError) || wasAskedToEnd(error)) throw error;
		return error.lastLines.at(-1) ?? error.message;
	}
}
// src/host/facts.ts
/** Whether KIWI makes a disk for EFI: firmware.py, with the defaults of defaults.py for ARM, RISC-V and LoongArch. */
function isEfi(facts) {
	const standard = /^(aarch64|arm|riscv|loongarch)/.test(facts.architecture) ? "efi" : "bios";
	return ["efi", "uefi"].includes(facts.firmware ?? standard);
}
// src/host/kernel-filesystems.ts
/** The kernel's name of a filesystem, where KIWI's differs. */
const KERNEL_NAMES = {
	ext2: "ext4",
	ext3: "ext4",
	fat16: "vfat",
	fat32: "vfat"
};
/** KIWI's names of the filesystems that it mounts to build a disk; it fills squashfs and erofs without mounting them. */
function mountedFilesystems(facts) {
	const mounted = facts.filesystems.filter((name) => ![
		"swap",
		"squashfs",
		"erofs"
	].includes(name));
	return [.../* @__PURE__ */ new Set([...mounted, ...isEfi(facts) ? ["fat16"] : []])];
}
/**
* Which filesystems the running kernel can neither mount now nor load a module for. Empty where that cannot be told,
* as in a container without the modules of the machine.
*
* @param names KIWI's names
* @param root where the machine's file tree starts
*/
async function missingFilesystems(names, root = "/") {
	const modules = await kernelModules(root);
	if (modules === void 0) return [];
	const active = await readFile(join(root, "proc/filesystems"), "utf8").catch(() => "");
	const isUsable = (name) => new RegExp(`^(nodev)?\\t${name}$`, "m").test(active) || new RegExp(`/${name}\\.ko(\\.\\w+)?(:|$)`, "m").test(modules);
	return names.filter((name) => !isUsable(KERNEL_NAMES[name] ?? name));
}
/**
* The files of the modules of the running kernel, loadable and built in, a line each.
*
* @returns empty where the kernel loads none and has what it has; undefined where they cannot be seen
*/
async function kernelModules(root = "/") {
	const modules = join(root, "lib/modules", release());
	const isFile = async (path) => (await stat(path).catch(() => void 0))?.isFile() === true;
	if (await isFile(join(root, "proc/modules")) && !await isFile(join(modules, "modules.dep"))) return void 0;
	const read = (name) => readFile(join(modules, name), "utf8").catch(() => "");
	return (await Promise.all(["modules.dep", "modules.builtin"].map(read))).join("\n").trim();
}
/** The error to throw where the kernel lacks filesystems. */
function missingFilesystemsError(names) {
	return new HostError("host-kernel", `the running kernel ${release()} has no ${names.join(", ")}, which the description uses`, "install the modules of this kernel (on Ubuntu: linux-modules-extra-$(uname -r)), or choose another filesystem");
}
// src/host/kernel-drivers.ts
const DRIVERS = [
	{
		name: "device-mapper (dm-mod)",
		module: "dm-mod",
		device: "device-mapper",
		when: ({ lvm, luks, integrity, architecture }) => Boolean(lvm || luks || integrity) || architecture.startsWith("s390")
	},
	{
		name: "dm-crypt",
		module: "dm-crypt",
		when: ({ luks }) => luks === true
	},
	{
		name: "dm-integrity",
		module: "dm-integrity",
		when: ({ integrity }) => integrity === true
	},
	{
		name: "software RAID (md)",
		module: "md-mod",
		device: "md",
		when: ({ mdraid }) => mdraid === true
	}
];
/**
* Which drivers the running kernel neither has now nor has a module of. Empty where that cannot be told.
*
* @param root where the machine's file tree starts
*/
async function missingDrivers(facts, root = "/") {
	const wanted = DRIVERS.filter(({ when }) => when(facts));
	const modules = await kernelModules(root);
	if (wanted.length === 0 || modules === void 0) return [];
	const texts = ["proc/devices", "proc/misc"].map((path) => readFile(join(root, path), "utf8").catch(() => ""));
	const devices = (await Promise.all(texts)).join("\n");
	const isThere = ({ module, device }) => {
		if (device !== void 0 && new RegExp(`^ *\\d+ ${device}$`, "m").test(devices)) return true;
		return modules === "" ? device === void 0 : new RegExp(`/${module}\\.ko(\\.\\w+)?(:|$)`, "m").test(modules);
	};
	return wanted.filter((driver) => !isThere(driver)).map(({ name }) => name);
}
// src/host/namespaces.ts
/**
* A mount and a process namespace of its own: what KIWI mounts and starts in there ends with it. And nothing of it
* outlives the process that starts it, however that ends.
*/
const PROTECTION = [...[
	"setpriv",
	"--pdeathsig",
	"KILL"
], ...[
	"unshare",
	"--mount",
	"--propagation",
	"private",
	"--pid",
	"--fork",
	"--kill-child",
	"--mount-proc",
	"--"
]];
/** Why no build can be kept apart on this machine, if it cannot. */
async function namespaceLack(privileges) {
	const { program, args } = asRoot(privileges, PROTECTION[0], [...PROTECTION.slice(1), "true"]);
	try {
		await runCommand(program, args, { timeoutSeconds: 20 });
		return;
	} catch (error) {
		if (!(error instanceof CommandError) || wasAskedToEnd(error)) throw error;
		return new HostError("host-namespace", `root may not make namespaces here (${error.lastLines.at(-1) ?? error.message}), without which a build can leave mounts`, "run on the machine itself, or in a container with --privileged");
	}
}
// src/host/machine-lacks.ts
/**
* What a machine lacks to build a description that no package brings: rights, what the kernel has, devices. All of it.
*
* @param folders where programs are looked for, `searchFolders(PATH)`; those that are missing are asked nothing
*/
async function machineLacks(facts, privileges, folders) {
	const mayAsk = privileges.kind !== "none";
	const paths = [
		"setpriv",
		"unshare",
		"losetup"
	].map((name) => findProgram([name], folders));
	const [setpriv, unshare, losetup] = await Promise.all(paths);
	const [filesystems, drivers, namespaces, devices] = await Promise.all([
		missingFilesystems(mountedFilesystems(facts)),
		missingDrivers(facts),
		mayAsk && setpriv && unshare ? namespaceLack(privileges) : void 0,
		mayAsk && losetup ? deviceLacks(privileges, losetup) : []
	]);
	const kernel = [...filesystems, ...drivers];
	return [
		...rootLacks(privileges),
		...namespaces === void 0 ? [] : [namespaces],
		...kernel.length === 0 ? [] : [missingFilesystemsError(kernel)],
		...devices
	];
}
/** Where there is no way to become root. */
function rootLacks(privileges) {
	try {
		asRoot(privileges, "true", []);
		return [];
	} catch (error) {
		if (error instanceof HostError) return [error];
		throw error;
	}
}
// src/host/kiwi-version.ts
/**
* Whether a kiwi-ng version comes before another.
*
* @param version `MAJOR.MINOR.PATCH`, or `system`: whatever a distribution has counts as older than all, since the
*   tools that only old versions want are small
*/
function isOlder(version, than) {
	if (version === "system") return true;
	const left = version.split(".").map(Number);
	const right = than.split(".").map(Number);
	for (const [index, wanted] of right.entries()) {
		const part = left[index] ?? 0;
		if (part !== wanted) return part < wanted;
	}
	return false;
}
// src/host/tool.ts
/** A tool that is a program, or one of several that do the same. */
function program(name, reason, brought) {
	const anyOf = typeof name === "string" ? [name] : name;
	return {
		name: anyOf.join(" or "),
		reason,
		look: {
			kind: "program",
			anyOf
		},
		packages: brought
	};
}
/** A package that has the same name everywhere, but for the distributions named apart. */
function everywhere(name, apart = {}) {
	return {
		debian: name,
		ubuntu: name,
		fedora: name,
		suse: name,
		...apart
	};
}
/** A package of Debian and Ubuntu, which packs more finely, and what brings the same elsewhere. */
function onApt(name, elsewhere) {
	return {
		debian: name,
		ubuntu: name,
		...elsewhere
	};
}
// src/host/kiwi-needs.ts
const always = () => true;
const fromPypi = (facts) => facts.kiwiVersion !== "system";
const msdosTable = (facts) => isEfi(facts) ? facts.efiPartitionTable === "msdos" : !facts.architecture.startsWith("ppc64");
const kpartx = (facts) => facts.architecture.startsWith("s390");
const apt = (facts) => facts.packageManager === "apt";
const rpm = (facts) => ![
	"apt",
	"pacman",
	"apk"
].includes(facts.packageManager);
const manager = (name) => (facts) => facts.packageManager === name;
const filesystem = (pattern) => (facts) => facts.filesystems.some((name) => pattern.test(name));
const squashfs = (facts) => filesystem(/^squashfs$/)(facts) || facts.overlayroot === true && (facts.overlayrootType ?? "squashfs") === "squashfs";
const erofs = (facts) => filesystem(/^erofs$/)(facts) || facts.overlayroot === true && facts.overlayrootType === "erofs";
const utilLinux = everywhere("util-linux");
const mounting = onApt("mount", {
	fedora: "util-linux",
	suse: "util-linux"
});
const fdisk = onApt("fdisk", {
	fedora: "util-linux",
	suse: "util-linux"
});
const cryptsetup = onApt("cryptsetup-bin", {
	fedora: "cryptsetup",
	suse: "cryptsetup"
});
/**
* What KIWI calls on the machine that it builds on, read from the sources of 11.1.6 and, where older ones differ, of
* 9.24.61. What it calls in the root tree of the image (dracut, all of grub, systemd-boot, useradd and so on) has to
* be among the packages of the description and is no need of the machine. Package names: KIWI's own
* package/python-kiwi-spec-template, and mkosi's mkosi-tools for those of foreign package managers.
*/
const kiwiNeeds = [
	need("python3", "KIWI is written in Python", everywhere("python3"), fromPypi),
	{
		tool: {
			name: "python3-venv",
			reason: "KIWI is installed into its own Python environment",
			look: { kind: "python-venv" },
			packages: onApt("python3-venv", {
				fedora: "python3",
				suse: "python3"
			})
		},
		when: fromPypi
	},
	need("kiwi-ng", "kiwi-version says that this machine has KIWI", onApt("kiwi", {
		fedora: "kiwi-cli",
		suse: "python3-kiwi"
	}), (facts) => !fromPypi(facts)),
	need("mount", "KIWI mounts the filesystems of the disk with it", mounting, always),
	need("umount", "KIWI unmounts them with it", mounting, always),
	need("mountpoint", "KIWI looks for mounts with it", utilLinux, always),
	need("losetup", "KIWI attaches the disk with it", mounting, always),
	need("unshare", "the build runs in its own mount namespace", utilLinux, always),
	need("setpriv", "the build ends with the job by it", utilLinux, always),
	need("setsid", "the build is a group of processes by it", utilLinux, always),
	need("flock", "builds at one time agree with it on the folder of packages", utilLinux, always),
	need("partx", "KIWI makes the partitions visible with it", utilLinux, (facts) => !kpartx(facts)),
	need("lsblk", "KIWI looks at the disk with it", everywhere("util-linux", { suse: "util-linux-systemd" }), always),
	need("blkid", "KIWI reads the UUIDs of filesystems with it", utilLinux, always),
	need("blockdev", "KIWI reads the size of partitions with it", utilLinux, always),
	need("chroot", "KIWI works in the root tree with it", everywhere("coreutils"), always),
	need("bash", "KIWI starts scripts with it", everywhere("bash"), always),
	need("tar", "KIWI unpacks the base system with it", everywhere("tar"), always),
	need("find", "KIWI measures the root tree with it", everywhere("findutils"), always),
	need("rsync", "KIWI copies the root tree into the disk with it", everywhere("rsync"), always),
	need("apt-get", "KIWI installs the base system with it", onApt("apt", { fedora: "apt" }), apt),
	need("zcat", "KIWI reads the changelogs of packages with it", everywhere("gzip"), apt),
	need("dpkg-deb", "KIWI unpacks the base system with it", onApt("dpkg", { fedora: "dpkg" }), apt),
	need("debootstrap", "this version of KIWI makes the base system with it", everywhere("debootstrap"), (facts) => apt(facts) && isOlder(facts.kiwiVersion, "10.0.28")),
	need("gpg", "this version of KIWI reads the keys of repositories with it", onApt("gpg", {
		fedora: "gnupg2",
		suse: "gpg2"
	}), (facts) => apt(facts) && isOlder(facts.kiwiVersion, "11.0.0")),
	need("rpm", "KIWI sets up the package database with it", everywhere("rpm"), rpm),
	need("rpmdb", "KIWI sets up the package database with it", everywhere("rpm"), rpm),
	need("zypper", "KIWI installs the base system with it", everywhere("zypper"), manager("zypper")),
	need(["dnf4", "dnf-3"], "KIWI installs the base system with it", everywhere("dnf", { fedora: "python3-dnf" }), (facts) => ["dnf", "dnf4"].includes(facts.packageManager)),
	need("dnf5", "KIWI installs the base system with it", everywhere("dnf5"), manager("dnf5")),
	need("microdnf", "KIWI installs the base system with it", { fedora: "microdnf" }, manager("microdnf")),
	need("pacman", "KIWI installs the base system with it", onApt("pacman-package-manager", { fedora: "pacman" }), manager("pacman")),
	need("apk", "KIWI installs the base system with it", { fedora: "apk-tools" }, manager("apk")),
	need("sgdisk", "KIWI partitions the disk with it", everywhere("gdisk", { suse: "gptfdisk" }), always),
	need("fdisk", "KIWI partitions the disk with it", fdisk, msdosTable),
	need("sfdisk", "KIWI sets the types of partitions with it", fdisk, msdosTable),
	need("parted", "this version of KIWI marks the boot partition with it", everywhere("parted"), (facts) => msdosTable(facts) && isOlder(facts.kiwiVersion, "10.3.5")),
	need("kpartx", "KIWI makes the partitions visible with it", everywhere("kpartx"), kpartx),
	need("dmsetup", "KIWI removes the partition maps with it", onApt("dmsetup", {
		fedora: "device-mapper",
		suse: "device-mapper"
	}), kpartx),
	need("mkfs.ext4", "KIWI makes the filesystem with it", everywhere("e2fsprogs"), filesystem(/^ext[234]$/)),
	need("mkfs.xfs", "KIWI makes the filesystem with it", everywhere("xfsprogs"), filesystem(/^xfs$/)),
	need("mkfs.btrfs", "KIWI makes the filesystem with it", everywhere("btrfs-progs", { suse: "btrfsprogs" }), filesystem(/^btrfs$/)),
	need("mksquashfs", "KIWI makes the read-only filesystem with it", everywhere("squashfs-tools", { suse: "squashfs" }), squashfs),
	need("mkfs.erofs", "KIWI makes the read-only filesystem with it", everywhere("erofs-utils"), erofs),
	need("mkdosfs", "KIWI makes the EFI partition with it", everywhere("dosfstools"), (facts) => isEfi(facts) || filesystem(/^(fat|vfat)/)(facts)),
	need("mkswap", "KIWI makes the swap partition with it", utilLinux, filesystem(/^swap$/)),
	need("cryptsetup", "KIWI encrypts the disk with it", cryptsetup, (facts) => facts.luks === true),
	need("lvcreate", "KIWI makes the volumes with it", everywhere("lvm2"), (facts) => facts.lvm === true),
	need("mdadm", "KIWI makes the RAID with it", everywhere("mdadm"), (facts) => facts.mdraid === true),
	need("veritysetup", "KIWI makes the verity hashes with it", {
		...cryptsetup,
		fedora: "veritysetup"
	}, (facts) => facts.verity === true),
	need("integritysetup", "KIWI makes the integrity data with it", {
		...cryptsetup,
		fedora: "integritysetup"
	}, (facts) => facts.integrity === true),
	need("strings", "KIWI looks for the EFI folder in grub with it", everywhere("binutils"), (facts) => isEfi(facts) && (facts.bootloader ?? "grub2").startsWith("grub2")),
	need("openssl", "KIWI hashes the passwords of users with it", everywhere("openssl"), (facts) => facts.plainPasswords === true),
	need("patch", "KIWI applies fstab.patch with it", everywhere("patch"), (facts) => facts.fstabPatch === true)
];
function need(name, reason, brought, when) {
	return {
		tool: program(name, reason, brought),
		when
	};
}
// src/host/tools.ts
const ours = [program("skopeo", "it fetches the base and pushes the image", everywhere("skopeo")), program("qemu-img", "it reads and converts the disk", onApt("qemu-utils", {
	fedora: "qemu-img",
	suse: "qemu-tools"
}))];
/** Programs that unpack archives which Node cannot. */
const unpackers = {
	xz: program("xz", "it unpacks the base", onApt("xz-utils", {
		fedora: "xz",
		suse: "xz"
	})),
	bzip2: program("bzip2", "it unpacks the base", everywhere("bzip2"))
};
/** All that a job needs whose images are in a registry already. */
const ofRegistries = [program("skopeo", "it reads the images and pushes their index", everywhere("skopeo"))];
/** What the machine has to have for a job. Wrapping a disk needs skopeo and qemu-img, and what unpacks its base. */
function toolNeeds(facts) {
	if (facts.source === "registry") return ofRegistries;
	const unpacker = unpackers[facts.basePacking ?? ""];
	const always = unpacker === void 0 ? ours : [...ours, unpacker];
	if (facts.source !== "description") return always;
	const ofKiwi = kiwiNeeds.filter((need) => need.when(facts)).map((need) => need.tool);
	return [
		...always,
		...ofKiwi,
		...(facts.keyrings ?? []).map(keyringTool)
	];
}
function keyringTool(keyring) {
	return {
		name: keyring.path,
		reason: "the signatures of the repositories are checked with it",
		look: {
			kind: "file",
			path: keyring.path
		},
		packages: keyring.packages
	};
}
// src/kiwi/requirements.json
var requirements_default = {
	origin: "Generated, not written. Made with uv 0.13.9 from PyPI: printf 'kiwi==11.1.6\\npoetry-core\\n' | uv pip compile --universal --python-version 3.9 --generate-hashes --no-header --no-annotate - ; the block of kiwi itself went into the second list, all others into the first.",
	dependencies: [
		"annotated-doc==0.0.5 ; python_full_version < '3.10' \\",
		"    --hash=sha256:117bac03a25ede5df5440e855b32d556049ca169ead221505badf432fed4b101 \\",
		"    --hash=sha256:c7e58ce09192557605d8bbd92836d7e1d520ac9580096042c0bfd197efacf1bb",
		"annotated-doc==0.0.6 ; python_full_version == '3.10.*' \\",
		"    --hash=sha256:361ca0950cc7082f53fa69e9328409f40a62c61e57e0a47e1825a08078a58a53 \\",
		"    --hash=sha256:7969bb69912085b2285849c0dcac0b4b374fd180c13cf10a87f284ffcf347bbf",
		"annotated-doc==0.0.7 ; python_full_version >= '3.11' \\",
		"    --hash=sha256:0a30ef8f5322a4173720ae6712dc9a5e58f5a19868f3f167b4b5778db066c2b5 \\",
		"    --hash=sha256:6bc31bbbec6dfaaedc1676dbc11dbda96fe22a2b5c400e9ebad113fec44a9dc6",
		"annotated-types==0.8.0 ; python_full_version >= '3.10' \\",
		"    --hash=sha256:13b2beaad985e05e2d6407ee4c4f35590b11f8d693a258a561055cac8f64cab7 \\",
		"    --hash=sha256:f072f4d804ea359e4eaf198b1af7a8b0943881a87f31bb764f8bf219bb9419e0",
		"cerberus==1.3.8 \\",
		"    --hash=sha256:46c029e3e2a4735408ed36bec14ef2cbf3e50d8ebe47fb34ee1e54b2da814df2 \\",
		"    --hash=sha256:579554887ffd189226774b87570f4a76db75cf0efcbaffcacd5e98b8ee877f61",
		"certifi==2026.10.18 \\",
		"    --hash=sha256:73191c47aaa79da394e8fee2dbc2ec827432cab56311122c9e47abf79e390f62 \\",
		"    --hash=sha256:b9995d97b64d0431a5af837d8ca8cd6238104d1f319f04bd93ea43124d6c861e",
		"charset-normalizer==3.5.2 \\",
		"    --hash=sha256:01077390b03f7988f11d700a2194e69b119741a86b1a638b1db88891e3eced8e \\",
		"    --hash=sha256:01b0c0d2262a9e28e8484a278c7e1b5d650e3ac8cf2683d2967e25899f208bdf \\",
		"    --hash=sha256:04851f73ae72b8413dddadb16a49dfee95263553741fd42d546f7d66907e6be5 \\",
		"    --hash=sha256:0521c5665880b33d603717defa76c094048900010897909952397feb3039da56 \\",
		"    --hash=sha256:0774bf9bf620249fee3e0b8b9fd3065de213be30f3aa94ce2494b3b638949e26 \\",
		"    --hash=sha256:0891b9d3903c5571c03771ca669a4b0ec5618ca722a5c957d3d29cd4e5062848 \\",
		"    --hash=sha256:0c951d5e6dd9c2ff60609476752bee49da4206adde960ebc247766937f72e718 \\",
		"    --hash=sha256:0fed1d06615f022ee3b13caf5e8b180cfea32bb2c5aded8a9d44277afc040f93 \\",
		"    --hash=sha256:114e4d0c92d618409ed82a99e22b5c5e768fe995f2973f78265f4524f49d4640 \\",
		"    --hash=sha256:11912e4bb14baae7c5d8791aa55ba0a3a03ec6729073307b0f57270abaa713d3 \\",
		"    --hash=sha256:11a4d68a6ecda3292cb1e50239e111543ba5d709bb62a6b4ea1afcfa729d8875 \\",
		"    --hash=sha256:124fbf1a8ff966d87ae05bb8bd45a71f966055ed8bba320d0c7cf450bc5f4d0e \\",
		"    --hash=sha256:1461ac396c4fdb983a675f20aa555624f0ee18ac83d832b9244ffff3d8055275 \\",
		"    --hash=sha256:1503bccbeb36d5527790c3930327704c39af22de3112f1b1666a9f3ce15ee204 \\",
		"    --hash=sha256:15bb4005af6320d259dc7593ca84a38d7fe06a421dbcf7b910ae23979101e787 \\",
		"    --hash=sha256:15c44f7edfd477b06f517a5cc317fc1707edb9de2c865f43d4b6513907473234 \\",
		"    --hash=sha256:16fa0eccf81304b79c5cd87f9271c3b85dd9dd99245e4422ae9c0dd45e0f99d3 \\",
		"    --hash=sha256:183b88127acdb4fabe59d951ab424faf1af7b63cdbb5f776186c1ea2ffcaed98 \\",
		"    --hash=sha256:195c26fb65950f8fce54e26349852b7bdd7c5f120aeefbcc440b8a20faaed4a3 \\",
		"    --hash=sha256:1afb975bd5d68d5ce9f6b6d44fdf2f7e34b895a35e95708a7a91b20a3b51d187 \\",
		"    --hash=sha256:1b4cbc7c3491ccb4aa17fcd8165649d01cf39f76de1696da8631b5f71b85401d \\",
		"    --hash=sha256:1bc0baf5ef96b6ede57d47f4b8fe4d9d84019c3bfcbeb20a41edc6a6ee341f1f \\",
		"    --hash=sha256:1c50fe28bbc2ced33386f298650d91218076c05420e6cbd790b913adc41659e7 \\",
		"    --hash=sha256:1db38f4c5496827c1a501846d64d14c3b80c7e6714e406cd7dc36a9899fa1011 \\",
		"    --hash=sha256:211d5a3eb6af8f513b8d4ca19a8c1b7accab1b5f0d3175f9826b03c1a920dc1f \\",
		"    --hash=sha256:23851fb4e1b85ed3f6c2a27b777cdfe2e19fb5b38429a8faf38c7542b7665869 \\",
		"    --hash=sha256:254eb48b9fa5ee9898a3c445825a1f340fe53712a098904b39b0bddba8ea3cb1 \\",
		"    --hash=sha256:2625388c6c754520c37abaf3b41eb34d1cc4a373f457898f08606c8e362b891d \\",
		"    --hash=sha256:281cb91036248400f4cc957495cccd44c275c2e0c5854f7e45ac5cf7dc193847 \\",
		"    --hash=sha256:28a15fdad492a99b6eccfaaed66ef3f74050680545ea61ec8b2f4c538f1f1320 \\",
		"    --hash=sha256:28b4f0d66fb834ff90f28209ac7bce77868c45d8c93e26f906709d9b7c2e1af9 \\",
		"    --hash=sha256:2a925889534b3748302dae5dead07cc13480de1dac3aea80a941b729b471ef93 \\",
		"    --hash=sha256:2b7b3bbfb4fe8ef40600792d762fbaa9057559f9d3fad209525b7a22b99e91fd \\",
		"    --hash=sha256:2c9ad19a6cfcd5ea5c0d41161d22f9df1dcc277e9bef2751391334546a314c00 \\",
		"    --hash=sha256:2cc961b171b3f3440f410489ab3573e86aea8736134ebbb40ea1338b7f0831bc \\",
		"    --hash=sha256:2ce45c6627b22c47e390bc91a41c3d13032192e699fa0bea96e9671b373d69b0 \\",
		"    --hash=sha256:2e06a3a98f916dd41d27f3105e02e7a40181c98c94b9158733d03a6f80506c09 \\",
		"    --hash=sha256:304d5463e65a35d7bb0850550e0780395395f6fcf452f04db7d5ca7cecc425ac \\",
		"    --hash=sha256:304d8e4d493af723536393eee0c689eb7813f4a474c8b479dee63f1fdd98f621 \\",
		"    --hash=sha256:30fcd120b732aa79317f08dee04d7de0847822e4cf7ee0e9f445bb958832252c \\",
		"    --hash=sha256:31f3930700408d211f13378ccbe1c40845d8da54bd0681fac3a9b5aae81c7aa8 \\",
		"    --hash=sha256:34276fd796040bf0993ab33a369aa572e6979c7aab225a88893667ad8eac8f7a \\",
		"    --hash=sha256:355ad8011081dec5412240c087a9a0c9d4d5039f3ed11a3f13e18c2b29b56c51 \\",
		"    --hash=sha256:38a873987f3be698494da8b2e3085e29da02da7b633dce73e79c699a113d7bf0 \\",
		"    --hash=sha256:39de2a259fc954455c57274dc94c79d5842774e1247a016aff30bc0efed0f4ef \\",
		"    --hash=sha256:3d14b50de6bf4d0edf857a9386836846f982b8f524e188e2e68b96d702bcf4aa \\",
		"    --hash=sha256:3d21b8b13c7592db2ac5e544a6d83187b995257472b0c9e8351b6d507ae37ed6 \\",
		"    --hash=sha256:3d31298449090ab8d47b7b1b2a555ff73cac7ed438a08b7ac160980c7ebed649 \\",
		"    --hash=sha256:3ddacd27458c45bdacd6bd6db644bfb730efbf9e830310186e3045c9c5be8fb2 \\",
		"    --hash=sha256:3df041de8887954562c9b261cba85ca0e9ded74048daf125f45edcfaa4832229 \\",
		"    --hash=sha256:40ab6bffa02ae10a0581e6c198be7d2d8ca5c2a0c64e4ed3465d766df457573e \\",
		"    --hash=sha256:4275811936e2f06feff5e598fb42a1b7ae852da8e39605211892b56b81a34efd \\",
		"    --hash=sha256:443eae2bf318abeaf6f15d785138f71fd6de770e99a92158b8b814265e079115 \\",
		"    --hash=sha256:447441e76ec720b15e64418d32e092297340387053047c7c694f579efb0ee1d9 \\",
		"    --hash=sha256:4495c5002a7b28557e7e222e77e0b661183e432b7d6d2e788101e3f240e05b8c \\",
		"    --hash=sha256:44bd4fbb29dfbeba60e7d2bd000c59e4b21ddb3cc53912b14048d37092706d7c \\",
		"    --hash=sha256:4685902cf26edf013ed7a3da0f426ebba7a00ebb9541386d835afbf002c11cab \\",
		"    --hash=sha256:498dc3188ca05a68231ac3fdbfc7f57eb67e1343c30e0fea17f8218c1599b253 \\",
		"    --hash=sha256:4c2b5031f63e331e3839b40aed2dd6f191e9c07edbde303e7876846ea1946995 \\",
		"    --hash=sha256:4d48f2d08b9de5864e2c8744d4461b862fb149a18274abc8b698c45975573438 \\",
		"    --hash=sha256:4f87960d57feabfb618e4e0af6e7371645fa26a277860739d6e5d6e0012c92f0 \\",
		"    --hash=sha256:50e3adfb96fc189eb27b1cf62d3b598b89b4bb0420d93a3d3e42e137409011be \\",
		"    --hash=sha256:51cf45226a9b588d0d2b4880c62d686934b63ab0bd79ca23ab0e9762eb27441b \\",
		"    --hash=sha256:52aa6992700996af31f375de0c6bacd402b0097fe40b53c426b9f51a90ebabc7 \\",
		"    --hash=sha256:55ea99acb17b9325618de155a0cd6a2e8f5d10be008113e1d433bbb58db543b2 \\",
		"    --hash=sha256:56bc200a365efb37383b7852e4cc5898d3b2da5987289b543956cf8cad71018a \\",
		"    --hash=sha256:588461c2e8384d309bd63e5826019b6977bc66d629b99ac8737bb795d7b2cb5a \\",
		"    --hash=sha256:58ca3755ee7ff7f59b57789ec9833c9de9ea275405cdd240eda1f193112e398a \\",
		"    --hash=sha256:58f361dcbab699cf8f42db3f47c8e7fd1036f138c23a5d08de9fde5f425a730c \\",
		"    --hash=sha256:598a11a2c7ebaa5334bf698bf29568c9c390abac6a154d8170fedecd1cea38c5 \\",
		"    --hash=sha256:59f63901b0031c3136cf64704dcb21de0bbae62ce2c9529bc39d27665463de37 \\",
		"    --hash=sha256:5cde776b7cc66e4f6c99612cea4aa7269aa65863f7a15841b2c264f103822f4e \\",
		"    --hash=sha256:5e2b6b57e9733d39f0c9fd3185efa6b8e29652c4cd8fe94180272cf6ed9a78c4 \\",
		"    --hash=sha256:5fb29fb8cd1a46c27a1bf9613ad5ec2599310d46b4025d9556404a6b6a292800 \\",
		"    --hash=sha256:6045373d5a89a5ec71afde535db987ca28e76dfa276c2d4c818265b375d4b055 \\",
		"    --hash=sha256:619799369eeef6366ed3e8755a5670f4f2f0fb6b30a0fd7264dc0fdc2357058e \\",
		"    --hash=sha256:62588a277bfb59def052abd940703fa35107152bf479781a878617d60faf8fb5 \\",
		"    --hash=sha256:62603db9a7caa0802eaa28c1c46fecd7b3a263a774069c24c3c28c302448721c \\",
		"    --hash=sha256:65cd72beeeca9d3aaea1201e5923859f308f952f9c71de93f06063c79f0f7a3b \\",
		"    --hash=sha256:68eb192d85ab8e5f6ec69c2bc6ac0179fbf04a5ac1569d12fbef74883fe102d0 \\",
		"    --hash=sha256:6bd128f206a7752ae1f2ab6c61bf8a24ba28913a10df8b14c2637b973ff97a80 \\",
		"    --hash=sha256:6be488a102b8cf28d0391d8c4ba7748938ae28b78ad901f8585520fca33ead1a \\",
		"    --hash=sha256:7218e8f32b0956cfcd048fd42d9d5779809745ca1d86113ca56f66e7ae1549c4 \\",
		"    --hash=sha256:7441d755b7ab94f8d4eb3e43ec05482d760842fd263d003a99102d742cd835e2 \\",
		"    --hash=sha256:749e97e1b32313717a565abbe321bc2190bc8b35f1a67e4cdbc7c56c8d8ffe58 \\",
		"    --hash=sha256:75a3ceed0724d625d64b86ca20aba182e4df462e04c2414fc941c0f523f06aac \\",
		"    --hash=sha256:780fbe7cab297b81dad9fb8dc5eb003c0468ffb0d9e5f65068c53a34661a96bc \\",
		"    --hash=sha256:78456a747de8dc58360ffa581f30a002baf5aa28cb262536545e91f113ed7639 \\",
		"    --hash=sha256:7967d08cf06dee78443b874f98c98036f624f3a4e73e11f9f64f5be4d25393cf \\",
		"    --hash=sha256:7a881931aa470808df94a8c380eed2bbbc76cd9dc622310f99665658c821eb6d \\",
		"    --hash=sha256:7dcd882da75ef9adf94903b1e3b9419e8aa8fb4c7396822b834b9ef7fb96954f \\",
		"    --hash=sha256:7e841fb9010836c992c9f12fcbd43a831de93a5f726fc1ccd8ca1d0268c5014c \\",
		"    --hash=sha256:7fdde2c9fd9e3eca40631e024664cf2584272cc8f96308cbe5fdfc930f51d8bc \\",
		"    --hash=sha256:8024d00c3faf3fc0c16e07a69f4405e8eac7cc0ab15f65fe6cf43827c4cf72b4 \\",
		"    --hash=sha256:80d02b6f04e92601a081dd97b23d3128033098bff5d35d392ddcc0476ea11253 \\",
		"    --hash=sha256:838dcc90063569a0448120554591a1d6c4a4ffe11babf048908793154ab86ade \\",
		"    --hash=sha256:849df64e889b2e17230d58410a03dba311a65b163508fd33679b2b737d4b7858 \\",
		"    --hash=sha256:87475fabc8d9996fd9c27debb395e642e8c838d78a00b6e932227a0e06b81e26 \\",
		"    --hash=sha256:87e50a3e7cb90af586b6c5faf23e302a970415ac73bd7bd90a515a04b427ef96 \\",
		"    --hash=sha256:89b53f3cda69831909888e0494f4fa0bcd3537e3e138dabeb620bd6ad946bae8 \\",
		"    --hash=sha256:8a893cc101149f80a653f82062ebc95b34525a2614382e1da5458fe7c6997249 \\",
		"    --hash=sha256:8b2bfab86aa71ae13aa41a6a26aab338e0db2b8bc75434b05aea89e011ff35a4 \\",
		"    --hash=sha256:8d86d6fc60743dc916eb79e2eb1ec4818e21e427731543af40a3021851174a13 \\",
		"    --hash=sha256:915563965d418f986e7e145accc592eae9e1a1be3566ff98a05d7a9ec42a76e1 \\",
		"    --hash=sha256:92888bb3187c5ba50500b00b3b310c9f2c651709d28036077680cb5255450a03 \\",
		"    --hash=sha256:93223adc95033dd47133a46ccfc316a0139176fd79085762e27202ec56018f03 \\",
		"    --hash=sha256:9373ad13ef0d2c0fb761e04e55bfdee5a08b52cef2c882c8fbe9935b1517152e \\",
		"    --hash=sha256:9409a8bf35cf78353942504b24a57de3d75b708997a1e4bd8db71ac8633ce364 \\",
		"    --hash=sha256:9b7f416ff0978e2f2249330527f0ad6fa02f4932e6199692d3b52da2048c19e4 \\",
		"    --hash=sha256:9bde855991b7e362c146535e3136a50bfaffc0487d38b33ca7e5edefc6e23849 \\",
		"    --hash=sha256:9cae88599c7219005d879f98e5ed53341e9a122af585e1091200358a3003d2a0 \\",
		"    --hash=sha256:9cf9b1a857e25c4baceeb3624e92a56df3668f398c4acba74e174d81fb4d1d3a \\",
		"    --hash=sha256:9f56f72050826f63dcee7a7f55b0a77168cb3bfc553fd405e7f8f9ece75a4036 \\",
		"    --hash=sha256:a090bb2c68df85450502e3e20d665e3a5af9c65a84d6508ed477badd49166fd3 \\",
		"    --hash=sha256:a192e2c40070d92c3ccf777e3a5c4ff515573cd2bb7ed0c537fdadbbec5bbf21 \\",
		"    --hash=sha256:a19a731138fc27d5682277d3b9df22855cea1239bce7fcec5f78f42ef2d1f3c3 \\",
		"    --hash=sha256:a66c3bc5ab1f0ff2164fc9965ddd611ff0802173f4b9d24554c563f6ab7e1d6e \\",
		"    --hash=sha256:a815775b6c38d4e0ff7bcffbeba67feded90202bb6a226b8dd35f1c855217413 \\",
		"    --hash=sha256:a89012d6d5476ee112d20d998570ed58df2260a852afb1758809cd6900411d21 \\",
		"    --hash=sha256:ae4f5fea5b8b8ccff88238cc8569303e5ee95efae67fa62922a311397a71f346 \\",
		"    --hash=sha256:b6856554c4f44d79fc2307d5768854310a8f0096e501c75637542c82292b0429 \\",
		"    --hash=sha256:b6b751274acb69d77b3323d6b7dbaa3c7fdfc1eb829b7eb61d262f32e1af9685 \\",
		"    --hash=sha256:b736353c0a625bbd5fcec108576e2385db3496f4f771f785ff32e108d3c3bc45 \\",
		"    --hash=sha256:b7fd005a73d9e657273b7a10dc71a9e03c8fb9ee6999798d6918ce095b81ac7f \\",
		"    --hash=sha256:b91363207bd9dc966a691e959bb47f64b30f7ac4b072be9968b366982f7db77c \\",
		"    --hash=sha256:ba0b1d2620edf869789c3879223f52bf2afc5d31b3cb47cc57b3a12c05e2aa9d \\",
		"    --hash=sha256:bbbfc8e28816f19d7c0f1816664980c0a9875d01b27cdf8eedddb639d9e108ad \\",
		"    --hash=sha256:bd16aabe4a02a297c23417aa17ac6299dbd8c49f673bcd645b4929b11f5a4400 \\",
		"    --hash=sha256:c0afc6800ba57ccc350374c5bd6150419915d95ce93cdbab2d783d75eaf30ecb \\",
		"    --hash=sha256:c6708715abcf3c73b99508253e961a9967f02fe536532834149574eda6de0d1c \\",
		"    --hash=sha256:c7c9ab723cde841fefb34efbad91e87f00a674b1fe1cd0784fde742bf2c154dc \\",
		"    --hash=sha256:c8f3d67aeaf55f017982b73683f0e7342ba2f6635a78f69ce89ebb26aa411e5c \\",
		"    --hash=sha256:c9790464842f85f437dbbb54417eda1e0e6bfc52dd8d22d6fd1c994b73b2dc74 \\",
		"    --hash=sha256:ca403d7e4798f525fdfc78e258820419cbbd0f0ecbab9de7840e3c017cf6b8cf \\",
		"    --hash=sha256:d008d90a7f2471519aef0c90dfbe73b3e6e4d5e66ac48e19154c17e89e98b604 \\",
		"    --hash=sha256:d19fbd981a488e22cd04883659ca6b08f50b5974f9fd7c95655ef6a043e5893f \\",
		"    --hash=sha256:d1befeed746d247c81127bb14de9dc3d30edb6e5976d34f83f86ed262b1d9105 \\",
		"    --hash=sha256:d2374b62878abb00cd8309b32af6c0b715cd02dec0ca74ef12e5069bdc64144a \\",
		"    --hash=sha256:d376bbd28b3a8999db1a103b3b388aee6f1ddeb3e51bc2172993efdcd86e064d \\",
		"    --hash=sha256:d4a7319f304a774bed22115bc891618e45f85065ab44ea6acd07d274e750519a \\",
		"    --hash=sha256:d6734d2ef8a50fbf8445c139477da401f50d62a0606bf00e20ec6d87773fefb1 \\",
		"    --hash=sha256:d760fe2a4d7c3b226cb9026d6a842868d52a7901bd98420e1baf14e80da85cf5 \\",
		"    --hash=sha256:d913de495d90407cd859d263bee2e5d1a4ed3eb6573c04e70d9ec619a7cbed7f \\",
		"    --hash=sha256:db19d07e2e0129e974a0e65d0064fc222a446cd5122c2fd4184d2af9fc734a9e \\",
		"    --hash=sha256:dca9ab98072a5a54ebacebdc45f53e645336b320c667410b061be1ca588ae709 \\",
		"    --hash=sha256:ddc7dacc8ece3a182e7f15cb862d1fd616b46d076cb1ae9dd232b2c38b655874 \\",
		"    --hash=sha256:ddf19c062bea7a0cc80f519243d2c01dd091be0cf952a0750d4ad576709559f5 \\",
		"    --hash=sha256:def79fa35ef0cef8d2accec024f4fdc7ead3012ff02f5215c783f39f03ef8cfc \\",
		"    --hash=sha256:df29a0a7107f7011e77f4eebdddec4c7331e24d787a0b21a46d63bdf7445da95 \\",
		"    --hash=sha256:e09a3942ecbdee5cce73ea9d42da82b81b72ac1bf031ce069b93b5adf4eac8cd \\",
		"    --hash=sha256:e242bb1c5e76e97dfa9e7f209a71e93a01d7f19ffdd5cfbb2e2d55b4f08f8ab0 \\",
		"    --hash=sha256:e243bd13217235fc7290c621941c3f5cc8b66e4872495be821d7436ba2fb838d \\",
		"    --hash=sha256:e2af3aad578aa6bd1384bcf4750fc285e5a9de53f40b7d41e5a0bf748edeb2b3 \\",
		"    --hash=sha256:e4e81e09c1578b8df602e3db08b0b3ea0a6947ad612f52bf8dc5ea8d47691f0c \\",
		"    --hash=sha256:e54da4baf05720032d527874d40b65fa4d7e5c6c6a43d0c3adbeffcaf275a2b3 \\",
		"    --hash=sha256:e80e6c2f55656b4824d72065abb4ddd6a525c74bd78a0aab5d9fc2cf4fb5af50 \\",
		"    --hash=sha256:ed2a239c0ea213acc1908150a3037257083c7c083128f1a4cec2ec4b97dca491 \\",
		"    --hash=sha256:ed905975ab14056a2e5eb1c376cb2e1ebc5396baf84163939c518556fccde9f5 \\",
		"    --hash=sha256:ee21e28f0430bd6dc9086c6e525d5e818a44a5ad19720c8a0ef766792f3eb5e5 \\",
		"    --hash=sha256:ee43c17b173d46a3212baa6ead3ae258eeabdae48c263a01ccf0218c366dd655 \\",
		"    --hash=sha256:ef4fcbf3327382cd4c9f540babd61248208af7b93eec4de397b4d5f58a09e288 \\",
		"    --hash=sha256:eff0ac9dbe711a4aee69bf04a83896aa9b85f19641264053a9f6d48573abb7dd \\",
		"    --hash=sha256:f0aa869112ef88429ae17820d99c3dd9504c9e9c671d3c246f3d7442cb051084 \\",
		"    --hash=sha256:f3c96f633825733f735c5a9cf21d21a257d8e1edf0b1cee0a064b9c424ca0f7d \\",
		"    --hash=sha256:f5833ad231be5eb6553de524a70f48d71b2c8563101750531e0b80184e175cd4 \\",
		"    --hash=sha256:f5ec61164adcec446f8969a3358ec3f9b26bbda3b9213e5586d219afa8df2915 \\",
		"    --hash=sha256:f7d486c83842422badd511868fd8a9a20e9407ace71564b6af47ce7e60a336c1 \\",
		"    --hash=sha256:fb9e68df06293761f9fe66ade60a9bc6d0f5e42b8acf2939a9158af86ab0e5bd \\",
		"    --hash=sha256:fc14a032f813bf5fe624d991960ea83e9715adc27e4c1830a2361eb1d02ac341 \\",
		"    --hash=sha256:fcff63213e8e6e47770541a4607175404f47cbb3ebea7b6058cc82d524a0e424 \\",
		"    --hash=sha256:fd1fbe0f116b6e55da77aca2c6ddcddcfac2186cbf78bdebf40fc156efca389d \\",
		"    --hash=sha256:fe9753dfee015c570d73df76f899f18444d41388bffcde097deba51c4fadbb9f",
		"click==8.1.8 ; python_full_version < '3.10' \\",
		"    --hash=sha256:63c132bbbed01578a06712a2d1f497bb62d9c1c0d329b7903a866228027263b2 \\",
		"    --hash=sha256:ed53c9d8990d83c2a27deae68e4ee337473f6330c040a31d4225c9574d16096a",
		"colorama==0.4.6 ; sys_platform == 'win32' \\",
		"    --hash=sha256:08695f5cb7ed6e0531a20572697297273c47b8cae5a63ffc6d6ed5c201be6e44 \\",
		"    --hash=sha256:4f1d9991f5acc0ca119f9d443620b77f9d6b33703e51011c16baf57afb285fc6",
		"idna==3.20 \\",
		"    --hash=sha256:a7db850025b95ded1eae8a46181a1a6c56c92c96f0e2b005d9ff8dc0210cab44 \\",
		"    --hash=sha256:ab7ae7122974553370f0bdb919e1a960b2cd1bc1ef0276416d896db81c14582c",
		"lxml==6.1.3 \\",
		"    --hash=sha256:032a0a97eed428bd143c75a11118238546424ceb2fa311cca5f073aa44658dc4 \\",
		"    --hash=sha256:05f5bce9af14fd1506997594bd81cee6d9c6b58ea80a39c058327aa6371ed9e9 \\",
		"    --hash=sha256:0794e04ba343852c6d78e996c58ef4b8e579b4ecc72f8df0d4058bf843b4c96e \\",
		"    --hash=sha256:0ab2467e405e748d93495fb5568e74044802b8d3ff2b2a1607c3f78c6e982de5 \\",
		"    --hash=sha256:0bf5a3e397df2ec4258eb5eea4c1ac6cf013ca1abd04a176903bff20a70021fe \\",
		"    --hash=sha256:0c0710ac085a157b593c38fbcacd950f15c4afa8e2057527185875ab302752bc \\",
		"    --hash=sha256:0dee106e9aa97fb00541b1ed7827070564d0549c3d3fba8920e6b20fd980f748 \\",
		"    --hash=sha256:0f17d83c48ee9dfd96abae3ac3e2108c76d2fc86ce96355e37b8da9f7f4ecc08 \\",
		"    --hash=sha256:0feebef8d0521188d0157f758356072e840173aa61ca45b8b3f87959ac283dd5 \\",
		"    --hash=sha256:13a620a3fcc20023f9e6ed5c383e00e826f1c2d5db554df2f67240760f9118e8 \\",
		"    --hash=sha256:13d22c0d57355366b393936acf6b98a5e0edeadddd3fccbc6a846c50a76b8741 \\",
		"    --hash=sha256:160fcf381f76c3aeac28a756bec44f48942a8f7245a87aa28e3a523b4d90cd87 \\",
		"    --hash=sha256:16148acd77ed1d8836a56db883af2f5eed720f9723088110b16a0d08582130a6 \\",
		"    --hash=sha256:170773d8a3cdc76259065523ddd978c44f9806e28605f08812e8f86783e44ac6 \\",
		"    --hash=sha256:18293f8a8d8b6a8e71ef37706b659e3846a4261232158167b1ddf35f6994f633 \\",
		"    --hash=sha256:18a4db52b5a7b53a3540b0b0f4123319334621ee8083d496de314d0bf06ff59a \\",
		"    --hash=sha256:1a635e837b50a1819bebfedaac5916498ea024120969da8790500148fb0a894d \\",
		"    --hash=sha256:1aeca87830c4fe649dcf93fe2b059525b71c72587f21be4ae4af7103082a79fa \\",
		"    --hash=sha256:1b7c37339d7e75cab9a123a04248e243cefefb302ad6db566ea0c77cbcde421e \\",
		"    --hash=sha256:1beb0f9909b26cee938df9ba56b15252a84429b1fc30ce6fca161390b9789a70 \\",
		"    --hash=sha256:20384c2bbcbf87180c8c61eb60869699c1ec0cd09b62cfd13804022d860b0867 \\",
		"    --hash=sha256:20428910dae17a1a93152a3ff2c0441d2f4932992c0797d65651dd0561f1792f \\",
		"    --hash=sha256:207dfc3d47cf0e575e643bbc140dacc8863b39abaa1e5307cd64c7f2365b8a12 \\",
		"    --hash=sha256:209c3ccbfe35a04ac6d24f0611f9d1cbf8025d49991b14acd935236234d6c156 \\",
		"    --hash=sha256:2123e5aa075ac20d23c7af489255efd129cbfe190dbe88fd42598cc9df3199b6 \\",
		"    --hash=sha256:21402998e4b78e7cce237d2788841aaa21ac9a4d1574d04dc2d12ee41ae807b5 \\",
		"    --hash=sha256:2221e88679d1351e9a40aaee54bc65679b9795bbd0160bc3d5e36b163344eb75 \\",
		"    --hash=sha256:22eec57e26c418cde02c051ce9914a365e52a7f135a565c6f0480242aeebab48 \\",
		"    --hash=sha256:23c366231259cd75ad06495174701afb3fcb36a92917fa47de2d1f1bd9d95739 \\",
		"    --hash=sha256:25f4118c438f96bb466e83108506d03d5c31b1bd2387e83e5b070bda6ded9c37 \\",
		"    --hash=sha256:28a23fefdb345b2d4d0ff2860571b5ff9a89a28b6a120f720e8fb0324d346626 \\",
		"    --hash=sha256:290f66b97ede0e552e1cb44a0fd8a74f9753ee635b50830a0b122fb72788d015 \\",
		"    --hash=sha256:2b9b1325ca1c2a9a2dbb6eb913ae563313f2082ae60b03210f7e83ee80712274 \\",
		"    --hash=sha256:2bec13085dc8ef48a3fe62f7dfcacfeda2c785cdf19cc8eeda2bb9ed081da165 \\",
		"    --hash=sha256:2cae5d5c90a62d9139c512a0cb1aad1d182b022b5740daea2617eb5bf7fc658e \\",
		"    --hash=sha256:2e01125896585139453cab8cb235893644d8815d7509520da95ae3ee8d1c1f79 \\",
		"    --hash=sha256:2e62c569ec7531b679b184cbfe335c501c1d13c4b363560013019962eb630e6d \\",
		"    --hash=sha256:2f5b2a2b9811b853b39bfa41367c6d78747b8e3e80e07fc5a24aae295c1a4d7d \\",
		"    --hash=sha256:302f72413251c03f671e063c9414bed5dc8c927069e5abb69245521e51a4e81b \\",
		"    --hash=sha256:32a409be3190b088f960ac92bfedfbef2f86c49ff940765e1548177592d20026 \\",
		"    --hash=sha256:33cadd956b667997e4de1635fce9541f2e8ede2038fcde8cf55aa14d571d1bad \\",
		"    --hash=sha256:379f8a75cf6eb7eef0af074b55f49ab73b868388a98de14646abcdfa4564bb11 \\",
		"    --hash=sha256:3847e71a78cbbc1aff955dbbbaf2fff12153f611d3162c5beaa3395636cbc2f9 \\",
		"    --hash=sha256:38fc4e4e4e084e0bd491949482527d406788045c546d4f8789e93fc527b91385 \\",
		"    --hash=sha256:3a27ac6c780c8b8a1cd231b58407634cafc1c4cc28cd6c7141362df0f36351e7 \\",
		"    --hash=sha256:3a48093cdb058a93af842ede9703520e810b05dcd0fc6d7190a06376c3bfb6bd \\",
		"    --hash=sha256:3e42265103fb385d8642a78672edf376c6f7e1d3598a7a4f9cb1278f2f6b5f6f \\",
		"    --hash=sha256:3e9a00d1c2c30936f7add097c41afc5da6556c580909104aafd382cac92a855c \\",
		"    --hash=sha256:40983eabefd13da003e68170928c7acc011f0d095eefce5871a3c71c9385fb9a \\",
		"    --hash=sha256:40bcbd9f94166ffe925811e730607385cec959f42fb1bb7dad83748680465221 \\",
		"    --hash=sha256:41096ec0740a58dad03d3ae0c7486d306d20becefb13ceb1649835ab3eb64167 \\",
		"    --hash=sha256:415e3a115c0d510e329020012834d1c0aa1c581ee53a218603e38abbc1dea70a \\",
		"    --hash=sha256:41e2d428110b408e963b6fb18f9bbf1f5c027b56bd4b498d54556476c0aeb1c3 \\",
		"    --hash=sha256:424aa5657141d306ba9ad1baab4b2c0a0719040075ee6c66aee9bb2dea2b5054 \\",
		"    --hash=sha256:42632b4024ab24a6b488f559ac851312509888b6b80ae2aa11cf29a646a0d245 \\",
		"    --hash=sha256:45222d94ddd511536f3b2f7d9deae3b2339b4ce0f075f1ca25703b07cad9dd21 \\",
		"    --hash=sha256:4736e6c87e603146d8949d8501da621ad20c31015060d3fcf95ace2859f3e3e6 \\",
		"    --hash=sha256:48542c9acba9ff9450bd18d871d2c2c8787fdb283572b623d206f1b927cd7d9e \\",
		"    --hash=sha256:49fbc2682a9306135b7ec49e93f97f9c26689b9b7f96ed2742d8d6497e994d13 \\",
		"    --hash=sha256:4a579dfb9c835f8ab47f4b8ed33440cbc75b806b73297208e6ec2a33e903740b \\",
		"    --hash=sha256:4b061064b4a2fe8598a466d723d43dbcd5a610a5d5cfe02fb6226f5c17349f75 \\",
		"    --hash=sha256:4e11e885e0704be185867fcf71b904d8f65d7d6877bc121f69870b0d0479ba7b \\",
		"    --hash=sha256:4f4db7c7e954d289d71878938348b3d91b904a3e8210a11939359fb758a58e7d \\",
		"    --hash=sha256:527195c188d7d0af748cd48d220ab8cdc5cb99be3d49ac4d9be7324d8abf9bc0 \\",
		"    --hash=sha256:53258656846f5c48996b882fb4b135885e088a3ad3d96b4bc0530f95124d1f69 \\",
		"    --hash=sha256:545ccc14fb05485f48b4439ec35beb16d5b5280eb6c81c658bd4707a2a119414 \\",
		"    --hash=sha256:5609efdb0d3c95499c00046bc53648b3482ec2175b5503d6e611b3f0555dc71d \\",
		"    --hash=sha256:5929d9df5e7e3379183be0e21f7d559618a5b61cb63280df6164019242e337ed \\",
		"    --hash=sha256:5a143e6207579de8baeded4eaac9134413200359f1969d636f0bfb98ee8c3c8f \\",
		"    --hash=sha256:5a721a98c649855963811b59b55755b30566e7f7fc40bdc9803d66dee9f811cf \\",
		"    --hash=sha256:5cffe18571ccc51d742cd08cbb3f8b756de9311d18c7ea98f5d92f37b8fb60c2 \\",
		"    --hash=sha256:5d12669a2c419b0e8dc423d23dea24bb82f6f9cb829f32e04674b0ba40322a7c \\",
		"    --hash=sha256:5d582042c69857c364e8153de6e18e0da9b7b515a6a8113caf69a6ec8e0520f2 \\",
		"    --hash=sha256:61116cec57ed69aebc70f37a545eec095339bb829efbdabcfb97c51e9536e158 \\",
		"    --hash=sha256:611a51e61c92f62345a50b0035df6fc0d678f9299f33728826d831598862f59d \\",
		"    --hash=sha256:623c8799c17128753c65699f1c3aa32402657393a9ad6db09ed8b98ddf76611d \\",
		"    --hash=sha256:6374e9e382e5a98c9c5e66d41b357b470da1c54bce30f17f9dc4bcc58436cc1c \\",
		"    --hash=sha256:66299564c046bc7e0cc5de5106601eae907e9fa5904cd68a323380a8502f7861 \\",
		"    --hash=sha256:69cafd61aea04ebb3502c93c2aaa568b12931ca0802231e0b5de76bf8b6e74bd \\",
		"    --hash=sha256:6a406d0b3cb207b0fa460ed4dc93e866f44f105da0169361cb18ff998a44c7f0 \\",
		"    --hash=sha256:6ba4fe5bfbef6811a8e49b3719cde373ad399006c0c1ac184b7297116ecbba5d \\",
		"    --hash=sha256:6cd11e7550d89e551a87dcec30f04b1fca32e86b68708aa01a4daa455d8605e5 \\",
		"    --hash=sha256:6e1eb8a4cbffd5553680ad96be6680e364710656eced73d1dc90ec489df599a3 \\",
		"    --hash=sha256:6ea2f13dce778ca072ccee598bca46a092ce192e8fd907b6c1f0e52c800529a0 \\",
		"    --hash=sha256:71532ebf30be0048a45559b4fab15333fbaaf9042f658e878d918ecd0cf09805 \\",
		"    --hash=sha256:73fc05988ed20809450474ba760a87c8ad4e455fc09783c02195e56ec634b41a \\",
		"    --hash=sha256:75cc6569e86be5785b6188ef1642670c6adbc984e81ec35e224842ecd9eefcc8 \\",
		"    --hash=sha256:773062aec2f2e56b2b22d37054123f0de8a22a4688a0c3376c3fe42685f975cf \\",
		"    --hash=sha256:7ae4949f212a53b007dbc355884fda122545c5764a54256c9217e419a62a6559 \\",
		"    --hash=sha256:7b2bb7d703bed7ac893bf7f40d97b5d9279d35d2ce460624ca28929eab0d5a3d \\",
		"    --hash=sha256:7d0f5976aa2701996f759b30172925829867547bb073af0ae67d1307a0f0262c \\",
		"    --hash=sha256:7d5a748d12dd9b535e0a130f60dae9ddf0adafbabe61e7864f55c7436c84547a \\",
		"    --hash=sha256:7dd624c1eaa629ad44b59a1a0145fdf2d67895592dce94c9358b938b3d075e65 \\",
		"    --hash=sha256:7f75b9b9fec2a9c6b18095c81865580e795b1441c429e42d22fcc82a77f40039 \\",
		"    --hash=sha256:83e3a51e7933db700a0da0db31849db3a24022d9970da9bb73001e1d0326fd92 \\",
		"    --hash=sha256:8499d464de86fab0f102313cce32a9bed9ab1f06ec813cf025cb790964fbb765 \\",
		"    --hash=sha256:869dfcd4d381cb0ea87085cc4f011b9171b494ef21e76ad8665f6d5e2d1dc8a1 \\",
		"    --hash=sha256:8753b8d51dbc86fd335ee31fcf7f3658e9f5c016d4edfb23f76ad295f4b8c9d0 \\",
		"    --hash=sha256:887c021d9a977cff89cb273047c1352997b772a8908a25c21836861f69b92be1 \\",
		"    --hash=sha256:88e719b9437f148f7e1465df845c758dd1598618cbea3a2fd1e61a715542f2b2 \\",
		"    --hash=sha256:8a330c0ee5fa318c7b5cbbaad882baeca3f570357e7eb25ab34bf31008150758 \\",
		"    --hash=sha256:8db38ff3fb7aee7d6a82ae4da2eef1178656fe1216841fbd24870062a9d60473 \\",
		"    --hash=sha256:8e49a646acfab83c68974f4aa1d0a2acca9e88d7d627ae0fc13201b14b76d310 \\",
		"    --hash=sha256:909f4e927bb051f7740d6367285fc60cdcfdaf0258c2dba4ff5ba7eadadc250c \\",
		"    --hash=sha256:90f709b9accab6b2e4d14f5c8718203877a0486bcb3afd74d8b539ecd1e961d4 \\",
		"    --hash=sha256:92d96586376fb79a33474797186bf993250152ee5c32650b67db78d54b92e6f3 \\",
		"    --hash=sha256:93476b6514b373fc6ca67d26c442784f7807c86f00635bfe79f935c3eab2af17 \\",
		"    --hash=sha256:97acecb11cbc411473f15b8d780df06d7a9f3a2aad9aca78364f56640c8fb70e \\",
		"    --hash=sha256:97ce49699d87ebf8aad631b55d65b33219a4f1bfefbbf5bff19dc9af160aeaf9 \\",
		"    --hash=sha256:9bde9ae026a55b9a192078dfa6e27dd0ca4a050171ab6272e92f97b757dfdf48 \\",
		"    --hash=sha256:9e67324961ac9bbe616cce5100514d2e34d88665aeb07071e8b16eac55d06d94 \\",
		"    --hash=sha256:9efe56a68179f3adc4de41861c9358931db03837c48dd5e1c78077b84dd07f3a \\",
		"    --hash=sha256:a1932d7ce78a561367512c594fe66eac2b2ec9b9264cfd9b5f950622f4a116e2 \\",
		"    --hash=sha256:a1cec0f99b9b914d39176347a93b7610dc09324491aee1cbc57cd291a41a1d55 \\",
		"    --hash=sha256:a2e3f70673a1d5b82f38255f777d26cd855bf2092b1436c4867464a7892f9238 \\",
		"    --hash=sha256:a43b3bdf11e477dc7770609d3477316f974354dfc8425d596f64f471cc8daf6e \\",
		"    --hash=sha256:a5c18810318303ce9afb3f95e2ddb54834f96fa699a8600433fd5a93dcf44c56 \\",
		"    --hash=sha256:a7eb78ba28b187e1e9203a55c60fcf70df2d22cb205fe6d51b9383d6097419f0 \\",
		"    --hash=sha256:aa633613ff907ea91b9b0489a1f0da1b8725d8c6ccec6b77e8a1c9c235044bb0 \\",
		"    --hash=sha256:aa9fd1ee2a5dacfc41039ed49ffeeacfa75bafbd255b69f3b578e11897a0e623 \\",
		"    --hash=sha256:ace1d2c83b2bd24db5940600541140e87a325e119cb32d5fa9ad720d7e76648e \\",
		"    --hash=sha256:b1cc980905221a5d8b3c476330730b3adb40ff80add71ffbdb6215ba055656f1 \\",
		"    --hash=sha256:b37772102d44bb6628186accca3a121b1fa3a6b3d97518a8c29a5229ca4c0d0a \\",
		"    --hash=sha256:b3ff39654f0ce6ebd4db154211136dbe7e8157bcc3bed2344c87f32c7c6ecb6c \\",
		"    --hash=sha256:b477912f42c5c33405a10c759d22f80cf5af043ae02d95b9d8e5e5bc555739ed \\",
		"    --hash=sha256:b49638355ea3bebba70da783ccbc630fd72afa16bc46c54474bfa1f9a915bbc6 \\",
		"    --hash=sha256:b4fc6b03b9d9d90557274f571ab30e7fbbfc527955536935d96f98b6817a86e4 \\",
		"    --hash=sha256:b50343241eb69fd85f7791cf8bcc7b1c4729826b7d59ba2f6b27db29638fa745 \\",
		"    --hash=sha256:bc8dd3d9c93e70c3df974a201ac2958b6d77b465d813c51d1f15fa8e645763ae \\",
		"    --hash=sha256:be5346653c0b0e34be96869ff9dbeba23860156f89a2896a64c64fb419260cb6 \\",
		"    --hash=sha256:c00e26288784460885fe76e4d4b293573e0f791f52e6d60e27b42edf005922eb \\",
		"    --hash=sha256:c1b50797ac246bb2942a04b6c0f69af0667aba7cf7535f39bbb1b3208fd5d128 \\",
		"    --hash=sha256:c34ca1dc41bd86d9ff830d5bdf4e4a752bba6c54f7d2707027ce0eabd36084c9 \\",
		"    --hash=sha256:c55e71a9b1db1f107efb60da49c093689b74c5c31a708e5379e2fd9439d4fbb5 \\",
		"    --hash=sha256:c581b1d68b3845fb86c6b2983e755b29bf001461c59fa411d2c26a911b6559a9 \\",
		"    --hash=sha256:c59e4265608da6a041f54646ecc0c9ecdbb19aaf14c4c684bb6c2114998cc415 \\",
		"    --hash=sha256:c5e7ce578aa8a80910a72a8ca0bbea3baae10100827249001999726a788456d8 \\",
		"    --hash=sha256:c66f858b82497173f73366795fc6ee8171620e75a338506d6b2e7bc16f5fca11 \\",
		"    --hash=sha256:c6c0c13128a32eb04a51357e56a094e13aa8e6d3d1884de2e9ae923f6915e1a8 \\",
		"    --hash=sha256:c9389b3784b56c58d933b5e0aecdf28f901b073ff385358d8a7d40907f6e14b2 \\",
		"    --hash=sha256:ca0ec532ad2f5ba1e5ec120ac157769c57f01855b3d8bf37213f5d88abd9ba0a \\",
		"    --hash=sha256:cad7617727a96d189bd6f979d0fadf765198c7934e85f4edaba9bf3ad919a300 \\",
		"    --hash=sha256:cae82b5ca24b0c2beedb269f6e2a96f466acd926879ab00ae19f1a65cbf9ffb0 \\",
		"    --hash=sha256:cc669256d28736f7f3a149df5c380c50ace2692ba3e62203d10656fade4a2145 \\",
		"    --hash=sha256:ce1f220114959941170e22b8ad44279f6dee2dcef7591814d01ae805dc058889 \\",
		"    --hash=sha256:cfb398886a7eb4c719161c3efcff2a1248febc53a4d8e5072d2d8a87fed84ac9 \\",
		"    --hash=sha256:d077f21f4b16f0471353883748f126f62038760397c107bb9fad2ca94dc0dfb7 \\",
		"    --hash=sha256:d0c5c362bc94f1929dc7e96e715bbe7bd17037f802e6d8f0d1545df9133c0559 \\",
		"    --hash=sha256:d2765c18ce303149ee804b1f3dad11232726dd0a702d73a15cf19179ac8cc962 \\",
		"    --hash=sha256:d44442effeb8781f392340c5dc8c6716fba41dbeacb82fd4c0f09026fb5ff682 \\",
		"    --hash=sha256:d85dfab42dd672f87a7f76e9de7172962aee69fa12044f0d6e1a23cbd53fb80e \\",
		"    --hash=sha256:d97c5227621af74b111882a290b10f371780a38eef9d9e730408fba2259b52fb \\",
		"    --hash=sha256:d9a0d12846d6ce434fb3857918eef4315ec9b4769deb020c75828798614bfcfd \\",
		"    --hash=sha256:d9b3e7d71bf6acff341233417abbdface29c647e3113892d9aaedc02eb4aa2bc \\",
		"    --hash=sha256:da707f14ea3c35ee463d50acd596d6488e4b2b4ae7cf77a5bf93f55c023d63e8 \\",
		"    --hash=sha256:da85db328e507da922d586c3c7416ec360ec22e9cd9e0700691afacde0c81f53 \\",
		"    --hash=sha256:dc205732d593118cf701d986f40e9de7801bb2e371cb189ddbda9b7348f4d97e \\",
		"    --hash=sha256:dc3a44689eea43eab836e5c98a8ab015dc2419987d1ea6eafc7c590cdff86bed \\",
		"    --hash=sha256:dd5e90f34cffcfed97f36cf066325773d2b6021c60c29942e53a18b028501b1d \\",
		"    --hash=sha256:ddcf547bea2aee967d6a77779376a45e77e610e8465147a1f3d7e20d539d6e32 \\",
		"    --hash=sha256:e477aca0bc0d19f3b4ae9e4f2a1cfd687c31bf772d78734910658186b40b2477 \\",
		"    --hash=sha256:e8b17e23df3e827a69d25af70990ca2420e92668aaffaeeb3cd2351d7916a023 \\",
		"    --hash=sha256:e99e09ab7741f1281e2677f4c0058c7f5267d182530b09c87e4f6aa26adf3887 \\",
		"    --hash=sha256:ea2c01cdb16dc12156e455007c406dfaaece0c89aa4ba0e3b47586779f951d41 \\",
		"    --hash=sha256:ea6b1e9105b4b24a34c722432d9fb578f9ed83af21fa1abda639011e0f22bbb6 \\",
		"    --hash=sha256:ebd054ad1737a68fb7c5c073d405cef2b88bb824e294de3b4a4e995b47f0e376 \\",
		"    --hash=sha256:ec295280f4b37769256da025acf5890370355ac589c27e89caae0b5e9eedc702 \\",
		"    --hash=sha256:f6449672f9c93316deb5e2839e18931f468670e44d5bd9b1301a5a9655d45c07 \\",
		"    --hash=sha256:f683dc6300317700025e41d89a43e0276692ded16113a3c43eab704d605c58e5 \\",
		"    --hash=sha256:f6b9d2aad499c769ee8287609ab0e6de99d8bcea99c6e6c2e64945259fd52fb2 \\",
		"    --hash=sha256:f8b9c8ceebae6387d0dc77f7f4dbbfbfc962dba2efbfe6877486075a480726b4 \\",
		"    --hash=sha256:fad67b12ffe0f71e02b4932b04883cbc76a9072bbd30731409d3523cf058b011 \\",
		"    --hash=sha256:fbfb70ba01355251faf6b293171df49f73a88a1b6494db109ffea85442574458 \\",
		"    --hash=sha256:fe91993149523aa59941b9e3c90e2eb45f57ad014697aef6c8b13339a59c019e \\",
		"    --hash=sha256:febd35ef45f603c2d74b74655efdbf45e14f55fc0aef4ac82b663ca829b283e0 \\",
		"    --hash=sha256:ff88a92cafde90888511242d1c54afcc1a8adbb6dc0a88fa7f87e29e92400d4a",
		"markdown-it-py==3.0.0 ; python_full_version < '3.10' \\",
		"    --hash=sha256:355216845c60bd96232cd8d8c40e8f9765cc86f46880e43a8fd22dc1a1a8cab1 \\",
		"    --hash=sha256:e3f60a94fa066dc52ec76661e37c851cb232d92f9886b15cb560aaada2df8feb",
		"markdown-it-py==4.3.0 ; python_full_version >= '3.10' \\",
		"    --hash=sha256:7aa1511a46c39138de78d9eba92ce47e63124d8003fc98b3a351909e04239efa \\",
		"    --hash=sha256:91a58fa5b72c71a40cf7177250fd767480d7a2bb3ac426ccfb76fb90305fdaaa",
		"mdurl==0.1.2 \\",
		"    --hash=sha256:84008a41e51615a49fc9966191ff91509e3c40b939176e643fd50a5c2196b8f8 \\",
		"    --hash=sha256:bb413d29f5eea38f31dd4754dd7377d4465116fb207585f97bf925588687c1ba",
		"poetry-core==2.2.1 ; python_full_version < '3.10' \\",
		"    --hash=sha256:97e50d8593c8729d3f49364b428583e044087ee3def1e010c6496db76bd65ac5 \\",
		"    --hash=sha256:bdfce710edc10bfcf9ab35041605c480829be4ab23f5bc01202cfe5db8f125ab",
		"poetry-core==2.5.0 ; python_full_version >= '3.10' \\",
		"    --hash=sha256:81d04c9253b19d0604718268d781867c8f7b2128e5b25bbf1e84141eec6b89c4 \\",
		"    --hash=sha256:98ee465b66f7e14bb9fbe68fb5e00d0cff184f036993ec94610ae4b5612f3add",
		"progressbar2==4.5.0 ; python_full_version < '3.10' \\",
		"    --hash=sha256:625c94a54e63915b3959355e6d4aacd63a00219e5f3e2b12181b76867bf6f628 \\",
		"    --hash=sha256:6662cb624886ed31eb94daf61e27583b5144ebc7383a17bae076f8f4f59088fb",
		"progressbar2==4.6.0 ; python_full_version >= '3.10' \\",
		"    --hash=sha256:2d78bdeb1debef92a39dd9042e0689542bd72d6e2f30b13432db371aa9d8ee4e \\",
		"    --hash=sha256:fe48c8955a84428af77bff2642ba47041e1b8f7c867a5b7cc94f8bc255a8f0cf",
		"pydantic==2.14.3 ; python_full_version >= '3.10' \\",
		"    --hash=sha256:1054f237f4d4733e5a30e1e2333bd33a2004ab9ab1510bd053a9a31bb48e232d \\",
		"    --hash=sha256:3f7b347782ab7e4cf4c798496ae3a82787d9f21ec12676a9c564355eeef8daa8",
		"pydantic-core==2.50.4 ; python_full_version >= '3.10' \\",
		"    --hash=sha256:0001d6920e3a5d92758cda460d6dc9f918a78ad6d5d092f1c8b5395e6b775356 \\",
		"    --hash=sha256:0574866e05f6adeecc520d87e87dd06210c0a51706341f6ef8421572f5a64444 \\",
		"    --hash=sha256:09450778e3ab58d3f565899fcfbf6c82926e31af29e28e799d1d50941316e0cb \\",
		"    --hash=sha256:0af56dbf8822ba9f4efcbbfdc15478f8b6fb08f1609860cb50aa2cc8476b3c34 \\",
		"    --hash=sha256:0b059a7968b1911be5a2d9a8234827ab0bef9d1e465d4b42da525894143550e8 \\",
		"    --hash=sha256:0ec20aca2b067369913716847f7dfe5f4dddf16a46965b7a70bbad5defaaba86 \\",
		"    --hash=sha256:0f87ae9db5ba8d8de40dcb93982cf8dd544e6552a80d3345af51941cc2146b80 \\",
		"    --hash=sha256:1239daaf063e62213ca1f34d96663900bd7510c42a786e843fd328af70e46445 \\",
		"    --hash=sha256:13b6dd62b5279f5b9d72f3bf918a35443ee8bd549241d9dc52d79a2c3b6d7016 \\",
		"    --hash=sha256:15bece43a02ad543c621c8305e67dedb5f27d378c5ba741e5a2c36523f8ef37f \\",
		"    --hash=sha256:16902a147b3da4840612164a5e67947104d63e978f7a57c395877a5e26690b9c \\",
		"    --hash=sha256:1afefe44ec042fbabfb4483ea258c04cf75ff4ff328d754f09b321fdaa232aca \\",
		"    --hash=sha256:1de7be9a66fc8536770481ab64a05aae5067c725f2b29a09543af00e6a417b97 \\",
		"    --hash=sha256:1e20cbde2b6deb33a51d08cd168454dd9044ec7d4474056f4d98d63f51578783 \\",
		"    --hash=sha256:2039e323acee9abfec1fb5f661776e8965fe5928f3b7f8431900a774cba5c317 \\",
		"    --hash=sha256:219114f8dcdcbe4720d82ef016b1287ce5a0a67d7c69ca61524eb72e82aac344 \\",
		"    --hash=sha256:22e874666bdbd96d6bf629d32cd8ab376fedf1fd62585b52a42b9fa9fa6c20b6 \\",
		"    --hash=sha256:23a9ba564b2db709ff16eca990992ba95a19069972b34bff87c81d4b473cd755 \\",
		"    --hash=sha256:25e7e1080f9f7ce7cd9d114b31470ce912771bd02f38c824721d3c35d312abff \\",
		"    --hash=sha256:26cb012c4b8ca9f847bd0ac15978bd3d0f55b050bfbe6c47355edfc7e945029b \\",
		"    --hash=sha256:29358a8ca74e7d81158d14e2b10c904bd18773293ae3788716c0626fe0342347 \\",
		"    --hash=sha256:2980a701be88f9128a7470189fa3bcda5387f76c298a6f8e000fc29eb2a6f4e7 \\",
		"    --hash=sha256:2a60ec2a57ac3ef3767e526e9bf706ec75aa3d79c4ea134d9d4fcf7c62a297a7 \\",
		"    --hash=sha256:2f42584e5785385f681163a42506cab0d51295e17599a648396c52a7046c1372 \\",
		"    --hash=sha256:2f5cc5bcb94063fbbdfd285a2b302da34af07491337c10bb35de1d5220fa1583 \\",
		"    --hash=sha256:2f6767122b37c780bb756a720a4eef2bc6a050a0a1143428834b3cbc89448bd2 \\",
		"    --hash=sha256:300753f71c73302e218124baf995f00058e085cd01869bd9610bcbd0bd4500c1 \\",
		"    --hash=sha256:30d4dc35bc0eea52202a90b3820445ee0072c820241bfa710a623a078c9b267b \\",
		"    --hash=sha256:32a991aebd165f227b7c7c60bb9d66c2c7de9c24308552da264c9938fde0f8d6 \\",
		"    --hash=sha256:32d6dda86383645ec428ea64dfc277036f5cbc60a72238eab28b91a3fdb9a113 \\",
		"    --hash=sha256:33b21f69540a12c2053cd1d95766d8bd9667a3897f7c712a642de8aa37eb0865 \\",
		"    --hash=sha256:39f489ce31272073e6e146f6781690f9c1ee8c126836e6403361ef91154d89fe \\",
		"    --hash=sha256:3a48a5254d15a0ad050318bfc7a9566d4ec740118187e8f303e47a6840287eb7 \\",
		"    --hash=sha256:3b8ee2589a082739c522c1fe4be227412fcf108b903abb6672ae2f5570558882 \\",
		"    --hash=sha256:3de6c2a4df2af0ac9ab4dc1488746fe8b1a90e27955d870d9edda3187d20092b \\",
		"    --hash=sha256:3e0b395648c6cb871bceb2906907f255dc876ec425f2d5b024e129985cea8519 \\",
		"    --hash=sha256:3e547ceec1da7382f01f9e13963023e53367a71802c88778b21b9645a077cbdf \\",
		"    --hash=sha256:41b2cd8b29dbb5a4c9828a70f50d1abfc92011115c813213d3a91205c6f731b3 \\",
		"    --hash=sha256:41f4f8ae714e4fea1d635880f8a1af715ecf080eed4d13c5b04a0f3210f9c61a \\",
		"    --hash=sha256:474f7e598c7902165662a5d5160d3fce31037890a2975a9871ebf7c05862300b \\",
		"    --hash=sha256:477af785d1846e4e96bf56983b92ea7553aaeccdeb8acdaa55c7cee9eda0ae32 \\",
		"    --hash=sha256:49eb1241a969a5994db6880c18c012b6cbe2340343d8f529721571806583e500 \\",
		"    --hash=sha256:4c29b8f2d6417069bb1f257e6b9113f5d64dc2f554cc200ea90b4fe2c5cdb733 \\",
		"    --hash=sha256:4eb15be588407148ef5937dc8d9256a71f6b115e6cddadb7aa20b6ee384680dc \\",
		"    --hash=sha256:4eda7e3fdef382b7d4492745988a5baaf6953923a337f8b9dde5f76fa8afde20 \\",
		"    --hash=sha256:523466eba8ee10f7480f3c2057563145978011c583130d2cc01fb1e7af808e25 \\",
		"    --hash=sha256:57fa0a9490785139f1a4e4f43891830d55dfe4408845c0c9cb5eff4aeaf75f69 \\",
		"    --hash=sha256:5b26e5f1793b96cdc60242bf38da86ff24a27a708aa396214cac9b534bf571c7 \\",
		"    --hash=sha256:5bc1811ef2b4d4ba63e8e452f6e332b6374bd1d2cbbfdf66826c8cb1f71dd10d \\",
		"    --hash=sha256:5c074454dc6d4f6f4ba6561a56bf33a14db7651d882a5a5321ba3ae8868e082d \\",
		"    --hash=sha256:5c1013647be741647895c102831dcf79c34209662dbb683df9efb864417ed7d5 \\",
		"    --hash=sha256:601fce6cea9ddeaa85329e12e7f351def38d233075f42a3012b9c48071b02941 \\",
		"    --hash=sha256:6118e5a5550e36582e19bac1a403711a748f9f18251b054c326d3db02aaa7a18 \\",
		"    --hash=sha256:629eae995185540406e3635df5d5cf1d44f19ea240840b835d3f44541ff694d8 \\",
		"    --hash=sha256:6348ad12fa741bcc9c2f173e99fbf27cbc038826d8c31a4a7d836eca27878ba2 \\",
		"    --hash=sha256:65376dbe1ab4dbc768ca2b72b7c13993562c035f5925fd3bc7ff9c8c585c515d \\",
		"    --hash=sha256:6619d49a89a15cd04334f76fec530c155923bfc60da74ff5d815a52629e1aa6c \\",
		"    --hash=sha256:664e74848c2f5fc27db8505fe24e1ecd3ac669412913bf73d176916f86cc08e2 \\",
		"    --hash=sha256:67f7cc397e1d5556a801d1cba74de0d27d827eb242e6c036c0ca273c745414f1 \\",
		"    --hash=sha256:696613a0c0e7b2b35356e389ba4195ce20cfe7a2fc2e992c87d974d973eabec7 \\",
		"    --hash=sha256:6c5687b59b6ba0f663c4f2f15470f68507d6b45ccd3a19ee6d224f95cbee70d8 \\",
		"    --hash=sha256:6c7d7b0b596319e9ce79ef96ce57a14054a2eac629c0588a0539187a218be799 \\",
		"    --hash=sha256:70dbc9f83c41f37a4faa62dae5203853847223a891da446f48ef2efcfd5df806 \\",
		"    --hash=sha256:71395a43da5584bb70556f380387e15f845c0dcf76373c1afbfa0025737576ac \\",
		"    --hash=sha256:71ade6d2e445839350d589ff99bbddfde16f3f32db28da5c894a09f99c8b2a03 \\",
		"    --hash=sha256:71e03d2ea1a221d020cfc5b6cc8bbbedef23a06704c70fcf4d0afb42965b22d1 \\",
		"    --hash=sha256:7210398a1607ad607dc73196e575b3148b00a333cbb602ddbe1b60ba54554f43 \\",
		"    --hash=sha256:7472c39480ccc11dda69a196d1b7c7a6b48eb6594b77f05d945599d3e47f731c \\",
		"    --hash=sha256:7646353a5a7c553c04167aca628e2550b538f492765b03ccf34321a560acc43c \\",
		"    --hash=sha256:76e0065998159244ff4c097a6c05ff08019c6fbb6e597a85846e73044f0215b3 \\",
		"    --hash=sha256:789a6453e5ffd18a7ab6b8c3a0dd8403053829197ec258ecb90c604c21ffcc99 \\",
		"    --hash=sha256:789f88dea57841cdebef392b5d6e90444d767117e9ff2e0d9172df5c9de6690c \\",
		"    --hash=sha256:7ac2769a7ddd661e07e26c12220adc31b17014c48234b2a5a88993b8d4109e09 \\",
		"    --hash=sha256:817953730e4a73a09008b010c4a42396cefe799616a22df2ac21d3927b3080cf \\",
		"    --hash=sha256:83d2beac85b757bfc404c5c0612df51c4ef33bbb7be65cf4a96b4da7cbc4ff4f \\",
		"    --hash=sha256:86c7c4615634b5c57a79770f5b738354e45ae219a89949aeae84f19169a05283 \\",
		"    --hash=sha256:8923fcd49f875e8a0448d7223d1fdf1a9973ae2d1f20d4158753ceb8909facd2 \\",
		"    --hash=sha256:8cceae48ae7f94990c2f4e36291e9ec9868735e8b0f19e4489a17b0422338466 \\",
		"    --hash=sha256:92f8f63df729061bb14558ed740e7a222f6e2aa6c2e6a5bcfb4e706676562049 \\",
		"    --hash=sha256:930ad463d3fb7a340d323bcc496ec32dae469ec9974c29ff569f19806b6b03b4 \\",
		"    --hash=sha256:94733cb447c37b0ce6f71b39ca1288d5f966a084023a5617b4cc35a852586859 \\",
		"    --hash=sha256:9be1cfe715ecaa060ffd5d599ef410b94ef2697a0eed4cee562f788a2aa2175b \\",
		"    --hash=sha256:a0c5210d038418a115e7cf8706bfa611bd14add2f5787274dba45aadca3155e0 \\",
		"    --hash=sha256:a2f8716344bbbd10443391be0b1f2003b34949e3c4e6883005c2bc498ab6b64b \\",
		"    --hash=sha256:a4bb174bd65f795c39ad6642d9d5bdc43351b306b7d0a654ab0d0abb38be245f \\",
		"    --hash=sha256:a70d5effebd81ebd8e15a8aabdc7980832367b2b00c36543bac378977004cc80 \\",
		"    --hash=sha256:a9ee990bf2cfbd81574c5d4f9f6c9d480a14b5b43d2c4f2ca13f4c6f48089394 \\",
		"    --hash=sha256:ab2822bcdcefb54d1e8ca29f5e3ec3afe160fb794bb3a3a73b09d11ed2671104 \\",
		"    --hash=sha256:ad92d255a165cde5f9882ff69699eaf5495e0a1f32e97566bbbb80f11e46781f \\",
		"    --hash=sha256:aead3b74b68396bf0feab5d57e050b730ded7df55853c1e048a87e00aaf033c6 \\",
		"    --hash=sha256:aeb2e123cbf978a905e9f55155c1b8316fbbfa7cf64d04521fe174bab302d100 \\",
		"    --hash=sha256:aec3c2d741a8e3ee993de7f95f37afb51e31b169c95dbd29da4cf6688f340914 \\",
		"    --hash=sha256:b0cdb655fbd1562c2dfc9986f9103a106f7058cd0915afc6e656d4b1d73f3387 \\",
		"    --hash=sha256:b26f39a5be3cd91a2035818be3d0ffdf5282c3e1f5f53d3b80b7024021acee52 \\",
		"    --hash=sha256:b2f2d13239487cecaae98c9f4d5904ad0737643cdf8873c88ec6a78b12214f20 \\",
		"    --hash=sha256:b300a30304c4c6aeab03ed06809819d9eceacdd58441d3c7dffe41edfd006091 \\",
		"    --hash=sha256:b42f64825f5d750228f08318a9bf4d723b7ecb4c472aedcb3013c3ec2dc1f949 \\",
		"    --hash=sha256:b67d38e8bb0ade7e6e84575e4bb153fab35b122458077273aeb08fdf12be9d2c \\",
		"    --hash=sha256:b867f9fd183d76977f810c626d539265183c25b2284762893a31e8d6cacc81c0 \\",
		"    --hash=sha256:b99bed995ed7c41515c11fe2beb86f8a6cc298e5537cae2f736de2f982f74ef0 \\",
		"    --hash=sha256:bd46bcc28ed85d3cf71581b42d90b4ebd1f2062f81879519fed209f8a4d1cfc6 \\",
		"    --hash=sha256:bee28aab5a580eec673f7b68dfa8dece3dd37bd207ef8d22fafe23a8e9837296 \\",
		"    --hash=sha256:c04e9d920e2674f54651fd260a15c5d2843526c73d5242ee4311325ddc9573b3 \\",
		"    --hash=sha256:c4c5a1770ecfe8bdb6c6f09f8d81ea4de04f7efb012fac1efa4ad315dccc1fd1 \\",
		"    --hash=sha256:c733087ecf7dde06b1d071679bfd5f3ba03266ba77814c1c7253bc48c9adedd9 \\",
		"    --hash=sha256:c813ada7a651193acda85b6bc1cf12abd4b37cd25c7c6a75d7183512cc374969 \\",
		"    --hash=sha256:c81d98e27d9d9261909dcccab1ba5d6ea1c98b0bb9470e368604614fd1d36ddd \\",
		"    --hash=sha256:c81e35862aced259177a537ce1a6264c3a97bae1ced184ca9dc10ea754563688 \\",
		"    --hash=sha256:c856e439a9d54d514e81a7131229ba151cdf81df7c408e0f6c89340e5003dfe2 \\",
		"    --hash=sha256:c9e70012926e97069cdd09221861aff412aa94e4cac2e019055cdb79485b150c \\",
		"    --hash=sha256:ca83a32b2b41653d89f09a3d22b770bca96da72273bef8f7a68136bdd1e8b823 \\",
		"    --hash=sha256:cbf0777d54672990b10cb8ca9b0523499e182d7e2ea39f86b138519a902aa601 \\",
		"    --hash=sha256:d49127f137f871cde3c5650af33bbbdcee02679dae76e020902fa106f522b8ae \\",
		"    --hash=sha256:d690121e80ab16e623415351ab24713534d4e500b3cadff216409cb6826063d4 \\",
		"    --hash=sha256:d6a166978f22f10cb91413f70519861605219346decf65bc79008f9257c94afe \\",
		"    --hash=sha256:d6e3485a5e5c01fb5339c1ee3d4b9e21e2135a2a9d44caafb71acd994487ee7c \\",
		"    --hash=sha256:d7d406709ae924cf0b08b8282ca2f0e1c90526911d93bc040557cbc83b74c55f \\",
		"    --hash=sha256:d8201c9f9035520cdcc7dcad383b039ec8123969b87e01cf27c3dd883c02313b \\",
		"    --hash=sha256:da779ae50b46f3f7d1e1b5f362fdc0ad376a49fd55f6f3122dc2b6149936cdf7 \\",
		"    --hash=sha256:dcf2c7eaaa4cafe8e49b017e5bb49e76e084ab6f0cd712ee4019c812b5cf68b8 \\",
		"    --hash=sha256:dd8bed00731a21e3106e5dd6bbffb6c775a2c0bbc7c0c9face534d830057bdc9 \\",
		"    --hash=sha256:df1c174796cd63eb6b139f7daf783affe1f3ed659605850e843b24764c21bfc5 \\",
		"    --hash=sha256:dfcf6e51000b34f7026322cd9ea9bc340d745637e27e0bbc22f504b4f6b967ee \\",
		"    --hash=sha256:e498900bfbf7ddddd862f810440c09e9b81674739e8a11d619b40906dccd4a9a \\",
		"    --hash=sha256:e512c75ec5cf4475c1aa50ad975ecdf253f4963b06e152e1a11edd6de4010753 \\",
		"    --hash=sha256:e5bd109d095aaae989a0463d5ef0fcc43e9ddd5de125e656d3c119a79e466380 \\",
		"    --hash=sha256:e6b4b08d09054310a4dc389fa61ee22a7a5a292cb23ab8a985136ca8828bf924 \\",
		"    --hash=sha256:e6da138a1ecc1341c8b788a5ee822670b03788e1f5decf7af9d461de6e508b8e \\",
		"    --hash=sha256:ea2f61b0bc12f3592288503961b764579dea0658852d96a0b3d823614d808821 \\",
		"    --hash=sha256:ed9c0b6f236648dbf30d57e9f57e1f74878caafa04833a19f529b5ba5164b7a8 \\",
		"    --hash=sha256:edbca8789fd10f0de534b660a6b4c71f1fd18039679c918dad392ab044bb37e4 \\",
		"    --hash=sha256:edc17549ab592e33cfcaf285f047bb75fcd98f608aa9309af1187fd736ce9641 \\",
		"    --hash=sha256:ef8a9ddb2e2a4eae4abb72dc0710eca6c2726779b0664bd10c3ce9fcfaed8c4e \\",
		"    --hash=sha256:f08ee8248aad2d054e5bc4c73554d4505464698f6d754f16198dbc5764e9821d \\",
		"    --hash=sha256:f1d62fb172db35c6478c9323da34ff37d1f3d37d7d44337a9d94ba8c583e5730 \\",
		"    --hash=sha256:f8fd23653a252cefabea11cd041efd7b80bdf403e43a36dea53f9cb0aaa21f0f \\",
		"    --hash=sha256:faa4e96385c820ce9d7f7a623486e23d4134ae3c9ba2071e44e0ab5a5a5002c4 \\",
		"    --hash=sha256:fb2bb5b557080da398b866408117d98fe9731a12334afd0cdff221b458cdc5dc \\",
		"    --hash=sha256:fc04affef30be98c1f36f0c422a4061ef618fdc1dde79f5ad5458dd496fecffa \\",
		"    --hash=sha256:ffb616d8d55965839670301dc3bae3abacff560a7e137a89056058a8a9da4d96",
		"pygments==2.21.0 \\",
		"    --hash=sha256:2363c69b61c4a97c838da3b130dcd6468f4848992b21a82f2a63ec34377137d9 \\",
		"    --hash=sha256:610ca751c9bc2492b38eb9a38a7fbc93edbbb2d7182edaf34e66ae493dee5c8c",
		"python-utils==3.9.1 ; python_full_version < '3.10' \\",
		"    --hash=sha256:0273d7363c7ad4b70999b2791d5ba6b55333d6f7a4e4c8b6b39fb82b5fab4613 \\",
		"    --hash=sha256:eb574b4292415eb230f094cbf50ab5ef36e3579b8f09e9f2ba74af70891449a0",
		"python-utils==4.2.0 ; python_full_version >= '3.10' \\",
		"    --hash=sha256:8c4754ebcd21b17bf5f07c6e789b3ff4da44708dfe75e095e5604de3fe563e18 \\",
		"    --hash=sha256:f3d53b05640136e5eb2e685840e084071347f127f9bf30ddd05c81a6d00f01ad",
		"pyyaml==6.0.3 \\",
		"    --hash=sha256:00c4bdeba853cc34e7dd471f16b4114f4162dc03e6b7afcc2128711f0eca823c \\",
		"    --hash=sha256:0150219816b6a1fa26fb4699fb7daa9caf09eb1999f3b70fb6e786805e80375a \\",
		"    --hash=sha256:02893d100e99e03eda1c8fd5c441d8c60103fd175728e23e431db1b589cf5ab3 \\",
		"    --hash=sha256:02ea2dfa234451bbb8772601d7b8e426c2bfa197136796224e50e35a78777956 \\",
		"    --hash=sha256:0f29edc409a6392443abf94b9cf89ce99889a1dd5376d94316ae5145dfedd5d6 \\",
		"    --hash=sha256:10892704fc220243f5305762e276552a0395f7beb4dbf9b14ec8fd43b57f126c \\",
		"    --hash=sha256:16249ee61e95f858e83976573de0f5b2893b3677ba71c9dd36b9cf8be9ac6d65 \\",
		"    --hash=sha256:1d37d57ad971609cf3c53ba6a7e365e40660e3be0e5175fa9f2365a379d6095a \\",
		"    --hash=sha256:1ebe39cb5fc479422b83de611d14e2c0d3bb2a18bbcb01f229ab3cfbd8fee7a0 \\",
		"    --hash=sha256:214ed4befebe12df36bcc8bc2b64b396ca31be9304b8f59e25c11cf94a4c033b \\",
		"    --hash=sha256:2283a07e2c21a2aa78d9c4442724ec1eb15f5e42a723b99cb3d822d48f5f7ad1 \\",
		"    --hash=sha256:22ba7cfcad58ef3ecddc7ed1db3409af68d023b7f940da23c6c2a1890976eda6 \\",
		"    --hash=sha256:27c0abcb4a5dac13684a37f76e701e054692a9b2d3064b70f5e4eb54810553d7 \\",
		"    --hash=sha256:28c8d926f98f432f88adc23edf2e6d4921ac26fb084b028c733d01868d19007e \\",
		"    --hash=sha256:2e71d11abed7344e42a8849600193d15b6def118602c4c176f748e4583246007 \\",
		"    --hash=sha256:34d5fcd24b8445fadc33f9cf348c1047101756fd760b4dacb5c3e99755703310 \\",
		"    --hash=sha256:37503bfbfc9d2c40b344d06b2199cf0e96e97957ab1c1b546fd4f87e53e5d3e4 \\",
		"    --hash=sha256:3c5677e12444c15717b902a5798264fa7909e41153cdf9ef7ad571b704a63dd9 \\",
		"    --hash=sha256:3ff07ec89bae51176c0549bc4c63aa6202991da2d9a6129d7aef7f1407d3f295 \\",
		"    --hash=sha256:41715c910c881bc081f1e8872880d3c650acf13dfa8214bad49ed4cede7c34ea \\",
		"    --hash=sha256:418cf3f2111bc80e0933b2cd8cd04f286338bb88bdc7bc8e6dd775ebde60b5e0 \\",
		"    --hash=sha256:44edc647873928551a01e7a563d7452ccdebee747728c1080d881d68af7b997e \\",
		"    --hash=sha256:4a2e8cebe2ff6ab7d1050ecd59c25d4c8bd7e6f400f5f82b96557ac0abafd0ac \\",
		"    --hash=sha256:4ad1906908f2f5ae4e5a8ddfce73c320c2a1429ec52eafd27138b7f1cbe341c9 \\",
		"    --hash=sha256:501a031947e3a9025ed4405a168e6ef5ae3126c59f90ce0cd6f2bfc477be31b7 \\",
		"    --hash=sha256:5190d403f121660ce8d1d2c1bb2ef1bd05b5f68533fc5c2ea899bd15f4399b35 \\",
		"    --hash=sha256:5498cd1645aa724a7c71c8f378eb29ebe23da2fc0d7a08071d89469bf1d2defb \\",
		"    --hash=sha256:5cf4e27da7e3fbed4d6c3d8e797387aaad68102272f8f9752883bc32d61cb87b \\",
		"    --hash=sha256:5e0b74767e5f8c593e8c9b5912019159ed0533c70051e9cce3e8b6aa699fcd69 \\",
		"    --hash=sha256:5ed875a24292240029e4483f9d4a4b8a1ae08843b9c54f43fcc11e404532a8a5 \\",
		"    --hash=sha256:5fcd34e47f6e0b794d17de1b4ff496c00986e1c83f7ab2fb8fcfe9616ff7477b \\",
		"    --hash=sha256:5fdec68f91a0c6739b380c83b951e2c72ac0197ace422360e6d5a959d8d97b2c \\",
		"    --hash=sha256:6344df0d5755a2c9a276d4473ae6b90647e216ab4757f8426893b5dd2ac3f369 \\",
		"    --hash=sha256:64386e5e707d03a7e172c0701abfb7e10f0fb753ee1d773128192742712a98fd \\",
		"    --hash=sha256:652cb6edd41e718550aad172851962662ff2681490a8a711af6a4d288dd96824 \\",
		"    --hash=sha256:66291b10affd76d76f54fad28e22e51719ef9ba22b29e1d7d03d6777a9174198 \\",
		"    --hash=sha256:66e1674c3ef6f541c35191caae2d429b967b99e02040f5ba928632d9a7f0f065 \\",
		"    --hash=sha256:6adc77889b628398debc7b65c073bcb99c4a0237b248cacaf3fe8a557563ef6c \\",
		"    --hash=sha256:79005a0d97d5ddabfeeea4cf676af11e647e41d81c9a7722a193022accdb6b7c \\",
		"    --hash=sha256:7c6610def4f163542a622a73fb39f534f8c101d690126992300bf3207eab9764 \\",
		"    --hash=sha256:7f047e29dcae44602496db43be01ad42fc6f1cc0d8cd6c83d342306c32270196 \\",
		"    --hash=sha256:8098f252adfa6c80ab48096053f512f2321f0b998f98150cea9bd23d83e1467b \\",
		"    --hash=sha256:850774a7879607d3a6f50d36d04f00ee69e7fc816450e5f7e58d7f17f1ae5c00 \\",
		"    --hash=sha256:8d1fab6bb153a416f9aeb4b8763bc0f22a5586065f86f7664fc23339fc1c1fac \\",
		"    --hash=sha256:8da9669d359f02c0b91ccc01cac4a67f16afec0dac22c2ad09f46bee0697eba8 \\",
		"    --hash=sha256:8dc52c23056b9ddd46818a57b78404882310fb473d63f17b07d5c40421e47f8e \\",
		"    --hash=sha256:9149cad251584d5fb4981be1ecde53a1ca46c891a79788c0df828d2f166bda28 \\",
		"    --hash=sha256:93dda82c9c22deb0a405ea4dc5f2d0cda384168e466364dec6255b293923b2f3 \\",
		"    --hash=sha256:96b533f0e99f6579b3d4d4995707cf36df9100d67e0c8303a0c55b27b5f99bc5 \\",
		"    --hash=sha256:9c57bb8c96f6d1808c030b1687b9b5fb476abaa47f0db9c0101f5e9f394e97f4 \\",
		"    --hash=sha256:9c7708761fccb9397fe64bbc0395abcae8c4bf7b0eac081e12b809bf47700d0b \\",
		"    --hash=sha256:9f3bfb4965eb874431221a3ff3fdcddc7e74e3b07799e0e84ca4a0f867d449bf \\",
		"    --hash=sha256:a33284e20b78bd4a18c8c2282d549d10bc8408a2a7ff57653c0cf0b9be0afce5 \\",
		"    --hash=sha256:a80cb027f6b349846a3bf6d73b5e95e782175e52f22108cfa17876aaeff93702 \\",
		"    --hash=sha256:b30236e45cf30d2b8e7b3e85881719e98507abed1011bf463a8fa23e9c3e98a8 \\",
		"    --hash=sha256:b3bc83488de33889877a0f2543ade9f70c67d66d9ebb4ac959502e12de895788 \\",
		"    --hash=sha256:b865addae83924361678b652338317d1bd7e79b1f4596f96b96c77a5a34b34da \\",
		"    --hash=sha256:b8bb0864c5a28024fac8a632c443c87c5aa6f215c0b126c449ae1a150412f31d \\",
		"    --hash=sha256:ba1cc08a7ccde2d2ec775841541641e4548226580ab850948cbfda66a1befcdc \\",
		"    --hash=sha256:bdb2c67c6c1390b63c6ff89f210c8fd09d9a1217a465701eac7316313c915e4c \\",
		"    --hash=sha256:c1ff362665ae507275af2853520967820d9124984e0f7466736aea23d8611fba \\",
		"    --hash=sha256:c2514fceb77bc5e7a2f7adfaa1feb2fb311607c9cb518dbc378688ec73d8292f \\",
		"    --hash=sha256:c3355370a2c156cffb25e876646f149d5d68f5e0a3ce86a5084dd0b64a994917 \\",
		"    --hash=sha256:c458b6d084f9b935061bc36216e8a69a7e293a2f1e68bf956dcd9e6cbcd143f5 \\",
		"    --hash=sha256:d0eae10f8159e8fdad514efdc92d74fd8d682c933a6dd088030f3834bc8e6b26 \\",
		"    --hash=sha256:d76623373421df22fb4cf8817020cbb7ef15c725b9d5e45f17e189bfc384190f \\",
		"    --hash=sha256:ebc55a14a21cb14062aa4162f906cd962b28e2e9ea38f9b4391244cd8de4ae0b \\",
		"    --hash=sha256:eda16858a3cab07b80edaf74336ece1f986ba330fdb8ee0d6c0d68fe82bc96be \\",
		"    --hash=sha256:ee2922902c45ae8ccada2c5b501ab86c36525b883eff4255313a253a3160861c \\",
		"    --hash=sha256:efd7b85f94a6f21e4932043973a7ba2613b059c4a000551892ac9f1d11f5baf3 \\",
		"    --hash=sha256:f7057c9a337546edc7973c0d3ba84ddcdf0daa14533c2065749c9075001090e6 \\",
		"    --hash=sha256:fa160448684b4e94d80416c0fa4aac48967a969efe22931448d853ada8baf926 \\",
		"    --hash=sha256:fc09d0aa354569bc501d4e787133afc08552722d3ab34836a80547331bb5d4a0",
		"requests==2.32.5 ; python_full_version < '3.10' \\",
		"    --hash=sha256:2462f94637a34fd532264295e186976db0f5d453d1cdd31473c85a6a161affb6 \\",
		"    --hash=sha256:dbba0bac56e100853db0ea71b82b4dfd5fe2bf6d3754a8893c3af500cec7d7cf",
		"requests==2.34.2 ; python_full_version >= '3.10' \\",
		"    --hash=sha256:2a0d60c172f83ac6ab31e4554906c0f3b3588d37b5cb939b1c061f4907e278e0 \\",
		"    --hash=sha256:f288924cae4e29463698d6d60bc6a4da69c89185ad1e0bcc4104f584e960b9ed",
		"rich==15.0.0 \\",
		"    --hash=sha256:33bd4ef74232fb73fe9279a257718407f169c09b78a87ad3d296f548e27de0bb \\",
		"    --hash=sha256:edd07a4824c6b40189fb7ac9bc4c52536e9780fbbfbddf6f1e2502c31b068c36",
		"shellingham==1.5.4 \\",
		"    --hash=sha256:7ecfff8f2fd72616f7481040475a65b2bf8af90a56c89140852d1120324e8686 \\",
		"    --hash=sha256:8dbca0739d487e5bd35ab3ca4b36e11c4078f3a234bfce294b0a0291363404de",
		"simplejson==4.3.0 \\",
		"    --hash=sha256:00f181dab72b9b9310b11ae988a98242dc1c4cb0eea69b2fe10d41b7601caf65 \\",
		"    --hash=sha256:06306ed92b3860802ad9dd7fe88f122a7360b01e3936b8a355d6d689bb2bb774 \\",
		"    --hash=sha256:067473d6df8c185d6b32926373de6c0069c5b351b3caa340eb547db42c722bc7 \\",
		"    --hash=sha256:08884465a221029b0b2ee4377944889da4cb2bacbe697398e1f66c3d3fc7c6c0 \\",
		"    --hash=sha256:124fc1663dbed53d3adb26b56781f28a360a8ef67ec51bceff2c8f3da87fdc6b \\",
		"    --hash=sha256:1457e27185d14d4b91b6ad1a11d61a80d98b6f295bfe7aa3561148e83aced414 \\",
		"    --hash=sha256:14b1b13c52eb56c37793872ff4c3a98f718417f3f8bc79c8173d69b71065e8f9 \\",
		"    --hash=sha256:15f38212552d2e850dbd23f1e09e240f30bc4f39a4b4a08a7b9adfe8e290e076 \\",
		"    --hash=sha256:16f4d3224921cabcfe6524603ed91da008814574eb696d59c046a4ea0caf3788 \\",
		"    --hash=sha256:17ff86ff3a5536d32d61d321c16005efa62ba3803baa9a6b6e13da6fd4fa6db2 \\",
		"    --hash=sha256:1acbbbfc6756bcf155cbeb44d6fa7d54ebdd0f155fd624f7acbb5eea067992a1 \\",
		"    --hash=sha256:2091df1a8ad3ab6920d5f47527548cfd7a636bc09d91b824db23c7e0c1ddbef2 \\",
		"    --hash=sha256:20a0e847b499d700125309d9c39c0c92748d1f05e7044ce201029deed4478044 \\",
		"    --hash=sha256:20caf052e4aef6053a1d2ec0a2e29445f563a17cb57ecf664a2b224e1ae9d3e6 \\",
		"    --hash=sha256:213ce37252f42ff591a8e802c634185a37d1fc79a8356afab5b8271343dd6678 \\",
		"    --hash=sha256:231fd4499aca5412feb4f1c7dddad7d688e66a090c865b86d6804904acb52630 \\",
		"    --hash=sha256:27aab2e835f50cd55d75715c1cee187d617048bb4a08e44ecd268e7b9007d8c3 \\",
		"    --hash=sha256:280073d09bdf151f86390d99f00c96a0da2415e143a726a0589678912115452d \\",
		"    --hash=sha256:2a11b3766568f68ac8812d69efebd3f86943033839df8f9b4118632121fa9dcc \\",
		"    --hash=sha256:3052e8dd323ac912cb8020105b557b93fa86c061257f236bd7f3b4d792513e22 \\",
		"    --hash=sha256:30b4f4fa98ee067ae15394d3c8e5bf18508e882431317d050466d613044b874f \\",
		"    --hash=sha256:380e9142fae53b298cdf9ea60db6edc796ce0a7c83f3cfbbb85fdf1e4ddb3274 \\",
		"    --hash=sha256:3bb61da0bf1941036a44745d35c0a27bdb66e34b74e8d48006efca9a667e1716 \\",
		"    --hash=sha256:3c19181a9239037e4ae745f370e76bf9f8666fcb97aa4008f0c8f70ac8d34f09 \\",
		"    --hash=sha256:3c25d28c8dbaaa78b7d2bbd16826e2a4379012d2d36336a3f3ad728ac8afbe60 \\",
		"    --hash=sha256:3c9e042acb55c9ca24c8e4bf46623b5ee03b28fc115380f20d9ee42d8509dbfd \\",
		"    --hash=sha256:3cb313b9d295d8c3571a384439bafb6055c21566930b2e55df8696eafbb2076e \\",
		"    --hash=sha256:3e4ab3d54c14fbd808d16e8e429332e22b613df9eaf14d2d09031d5e70095b90 \\",
		"    --hash=sha256:41ca7b6bb7b8d740797a94b235be12c263a2f24b1ba8efa9d36c1e0f58c5426d \\",
		"    --hash=sha256:420ca382766f090b23a432067e968a004fab7e2b8806e95b16f6feac4072c415 \\",
		"    --hash=sha256:442bf545871858524b1f47db9448d82232af710376dfc52910ba66580e0caa1f \\",
		"    --hash=sha256:4664835d276d2731872333eabc5a9d6bbf09d87aba8fe0768d28662747b58879 \\",
		"    --hash=sha256:48c2b9499110f6df2249de0f34419c9913c06ab7ca3c93f564c2a7b6be08ce5a \\",
		"    --hash=sha256:48d5d79d723300b49f18bbd88d786c0410cc58b869c121024a132e2e49f9cf35 \\",
		"    --hash=sha256:4b15315dd4f04af439a1a7aee6d2405f31e6263196750d4d8663e7020070a7a5 \\",
		"    --hash=sha256:4ee3e04102f50beab8279f381e102aaecb5b9b17000a2034b49b77a21251ca1b \\",
		"    --hash=sha256:5311c41b00918d7de83c4fd4046dcee04ce29cbcfd695e26794ea4c78867cd8c \\",
		"    --hash=sha256:53324eda57a9de7fab4731281bc8bd3fa254d28dbc06ce2141f2bcfeefbc3e3a \\",
		"    --hash=sha256:53b6b6eaa4d7e9dcdcca71a072c2c9b771f13eea3a7d2b113b9eb612c092c6d6 \\",
		"    --hash=sha256:57095d362c79a7a8fe2304e359f82ee92568345455ba830f810afd8b5d52f0ab \\",
		"    --hash=sha256:57c2a1d1264ad11de34579d52563a6500a22ec582dff9930bb1ac6777dd881c4 \\",
		"    --hash=sha256:59ad106f783bab64ac524c1a08451b22ddc4b1ae48b6c9f2a185fad508eaedaf \\",
		"    --hash=sha256:5baaae088b6a8808a4e50be4a1a77c8aa01faeae3a53e2b4a079b4fa0b1efb74 \\",
		"    --hash=sha256:5e296777639050bfb159608da7dc54b45465d80aa13588b5599cc062db327ec3 \\",
		"    --hash=sha256:63c9ccb71fe3c3e82a4fdf4286aa3e93d5715c4631064b34318ed7e65b16073a \\",
		"    --hash=sha256:66bc42eeac915a6e795e989e334fa47e57bd2197481ee9e48e9f01ff74d6166c \\",
		"    --hash=sha256:67666fc300dafd4a5e9a87441d6f33dc938251a0b8f7e882facd43ffecc55295 \\",
		"    --hash=sha256:67fa139e34cd95122ac677b9a1d368a59c3e74b32624ebd01a279f7dd66fdae2 \\",
		"    --hash=sha256:68688bc6c6bceec938c4e0f2e713b734ee5d0c74a387166ea1f367954a5a31fb \\",
		"    --hash=sha256:6be56abc641ff7ffc51f2027a66c9cf4027f6f30616bee81f6037454764c680f \\",
		"    --hash=sha256:6c5b61b28e004f66f82f47740eb82feddfdd94020195229fc873708e254cccec \\",
		"    --hash=sha256:6e1e964cb5b96f8c2a6ac93fa5d9f0981d322fe302dfb0dd444734d9cfba1dd5 \\",
		"    --hash=sha256:6f7df5584a630fd90a660b810c5ec98029be797370f6fc3c959d4051c9ea6663 \\",
		"    --hash=sha256:7213c39108fd9bd50962ffca5eb052c2f4aa7b87dcdeb82e175ca6336bbf13e2 \\",
		"    --hash=sha256:760818802f44a5754df77e20bbc6551969a1c5df769376792b55f325a315b5e2 \\",
		"    --hash=sha256:77d9de51ec16819abb60a596f78781890382d538d2e0ef31843cff97ec589de6 \\",
		"    --hash=sha256:790551a8ad0cf3cd70eb60d1b5add5ff533d3ae0e25cd72ac918842e6370e618 \\",
		"    --hash=sha256:79dd0c99bd961a699ef88393a1c02007a4a2089a350932a033fd6ebee970f907 \\",
		"    --hash=sha256:7a344fff51f616fd499299b80805516d182cf0c9f157c1bf6a1931eb491a3ca0 \\",
		"    --hash=sha256:7b5b912598a31d3b6e73ab5c480bad646adf71551a19888b8ad1669c1f382ab2 \\",
		"    --hash=sha256:7c5dc05131f63dcaa3e3eb69d63f7b0c6c7f2f8654b2f8967c9f5c882ab175da \\",
		"    --hash=sha256:80f20140e4a5465a57dc27bafebd9ea8fa927b88c25605cb2dccb44001f3c884 \\",
		"    --hash=sha256:81226006540cbb3c08e66797eba4a5ce1086547f2ad50d6fe432c22752df540a \\",
		"    --hash=sha256:82a24d31f06deea3ba1814c4c79f54b1573a3574b8a7c598b6a7f41ac488e047 \\",
		"    --hash=sha256:82dace84bb88c4fa0c9133823b13c42fdd3d8e93c8453b37c098be1d8ab408f0 \\",
		"    --hash=sha256:893871d4504957e4f77b63ce2e0423bfbdeaa70e678bd7dd0b2fa1964a91ef54 \\",
		"    --hash=sha256:8a072c9e67658c19c9de9d8f93678787634e420a3131cacd2bcec29104dfc901 \\",
		"    --hash=sha256:8c33feae0878de0350a30c89212c58b2c2d027f1efef56d25fed4b036d58e62c \\",
		"    --hash=sha256:8d115cc49b89c20d464008a5e945e9847214f72095b57c1305530ee6bd6eeaaa \\",
		"    --hash=sha256:8ed7acb4c153a23502b19e2a637fafd5ba07489a5f796b8e00a476442c7897fd \\",
		"    --hash=sha256:8fe881edc5f7c2256af022d290c4a933ff52b1c163c49e0a976af37540ae2498 \\",
		"    --hash=sha256:9275c9b7ca338162dda8dbb4498e3e719c95049290f476cddf8ab91dc48e79a1 \\",
		"    --hash=sha256:92f91d56356a00e6c856909d4602f69c8c56ae75077c90fd9c51c950e48be063 \\",
		"    --hash=sha256:9815c7404e286e6dc5547a2feeca1204f04af033e6993a6d08c48c7b2ce5b3ad \\",
		"    --hash=sha256:997581efd5cb2748a7e9cf07b745a20f58b0a079cb96121b9018bba8e0910bcb \\",
		"    --hash=sha256:9984487195db9684c7a1534d6478f26f8d0e3427c7c79cf46ba7800892db27d5 \\",
		"    --hash=sha256:9d25301528500579e1bb709ca5a58d06752d996c10146a38d8565adaf096f0ef \\",
		"    --hash=sha256:9d5734cedb84ac1caa587ed9f818e82fab312b14c4ed80462b295b0bcf8b936c \\",
		"    --hash=sha256:9e245f76fc0f7c621ff427a18263f866bf73af0222552ee5db07a73263af1e4a \\",
		"    --hash=sha256:a13951d9f5b5d8a801cffa6b4a68cb38a160116123562ace5d8f808d1ce26aa3 \\",
		"    --hash=sha256:a2caf378618e410cd155e6613f77b42ad1982ae850535911d333e7fa8bdcbc0c \\",
		"    --hash=sha256:a40fff62c1af65f3123295fb5ac13b783fb6fabd02eb7edc956a3a286aa91de5 \\",
		"    --hash=sha256:a595c484331458e0f1e68bde50e0821d634506c225ceb1f3904e4ced0b8eea01 \\",
		"    --hash=sha256:a9f413dab24a422faa85cb4d2c411c2e6e996a36b457a121df68b2db3d5a4a83 \\",
		"    --hash=sha256:ace280946646384455b0bf2b91b8219598b140ecb6b0f0ada93e6b4eb2d9cd1a \\",
		"    --hash=sha256:b1163dd524a5b8862be1763be1a0d423106abdbf50d6674e2a00fd70f2650354 \\",
		"    --hash=sha256:b40c6a352e873532b56743dce861efcc8c7f072e4b120775818bc02ef6d89901 \\",
		"    --hash=sha256:b4c278bac7ea79514b442b9868bf311c86272ca5fd1b768618cf4a6e2c7f92e4 \\",
		"    --hash=sha256:b50d4a4f4d0f30c2eb6885fb7b425b8e9ddaaf14e9b4a7853e12afbdd96492f9 \\",
		"    --hash=sha256:b51781107776aa0210b866e6e9e8416f9f05e3c48b429bc25e17e6248418c1c0 \\",
		"    --hash=sha256:b60a41fced7a77d3a7d562c6a57fe26abb94fc46a7f10807fa8ceef282814bf8 \\",
		"    --hash=sha256:ba7126291de7bf51e7a702c9dc76fab41467fdcf4ddf1bd7e0ab70af0cd8c0c2 \\",
		"    --hash=sha256:bdf1b6d4efc52ef1c4003f8973ef5854c9ea156b94af56890ad7e10cd6b21110 \\",
		"    --hash=sha256:c0eb226f43b76c1056d90b7e6998d5be3ed3f29e4467ecc4ee50c30d73c27fec \\",
		"    --hash=sha256:c10f8c7b1334ea93ee451e3e8b8196c2ebbacfb834319ec89820291f08f787f8 \\",
		"    --hash=sha256:c15b370f94638624f6528a784e75b95e5eef26e56080937e1994acfefd0a192d \\",
		"    --hash=sha256:c1b2576e8d37aebbdd336b6082dab038416ab5cfdde466f1564e0fb6047dc238 \\",
		"    --hash=sha256:c3cbcf4dd547f0c9ecce1f629ea1e3da2f20f3a13d5914bb0659ffc5f9d5b5d4 \\",
		"    --hash=sha256:c437369e5907418cad15a6057b0bb18c9e610964ccc6e5ecbd5e62291f4a1e66 \\",
		"    --hash=sha256:c615f078786504433e496d7b8a17e84704c84984b28744e255c600a049ce2284 \\",
		"    --hash=sha256:c76591e12281d590c128c79880bc4ec46e2ed77f14646b45a83daed8a8e69f06 \\",
		"    --hash=sha256:ca5c778b39631328825c20b5a76c2181f8d6f521c676679d77c24456c70f76d7 \\",
		"    --hash=sha256:cad67d28581afac74c3dabd5ec6120bd1bf671ce433a54a3d4b8a07fc1e851eb \\",
		"    --hash=sha256:cb1583f909db3fcebda4057dd16bf39608f305c2ec05bfa1b20f8c56eac7efb4 \\",
		"    --hash=sha256:cc829fc9885bac3d29605b2e789e9bc571d091c46251085624152daa21e871d1 \\",
		"    --hash=sha256:cd2819abdf930e4d6a6d68b1664fe1c817e69e116ecbb3c423725fe5e7ac5913 \\",
		"    --hash=sha256:ce5726e85a8462580b3c3f5098e9bcaa2d10dfd28233451aad5638a9d16b6d1c \\",
		"    --hash=sha256:cf1aca2c93f2ee025ac60ef79a8c2c63e5b24295c777caab62ebe56999353601 \\",
		"    --hash=sha256:d4cc7a879d0f692bd5a4b1a04dcf0bad22323105cf942092fe4b57a8e9bb4e75 \\",
		"    --hash=sha256:d4d1ed738a5b2403a96654a54e88b533466c52647665f7af21b255b206674925 \\",
		"    --hash=sha256:d5ddb5954d80a896c39d839a77c4c02c844ebe7f089aeb5ee4a6beabfc942acc \\",
		"    --hash=sha256:d6666905c818530136358a80ef44b6f04837994bf1f1cd21d5e67165777df886 \\",
		"    --hash=sha256:db1179662393bd11118a881d9879b08d08436e6171d6a48452e26663709e9ec6 \\",
		"    --hash=sha256:db159a5d2bc6a57577dbaa09e891f2c080689a45b268f143a3aaf231275f7bed \\",
		"    --hash=sha256:dc08ab2f004082f6b6a98c80503fd9a3954c477a90c48346fb76af95cedf02cb \\",
		"    --hash=sha256:dc73c10a35fe5295099a261628818f684e91d3bff2e8daadc697e33090022449 \\",
		"    --hash=sha256:dcbaedb1ddcb065ff70b2c49ee2ee81f3c63f2fc2fed21914426202033cb26d2 \\",
		"    --hash=sha256:e470bb2728df0c1cd9ac0297be40516cf6959fcf80b3a6c404a6ce8e7ed87896 \\",
		"    --hash=sha256:e4a215761fc736a39a6ad6d7d7a4b4af04a994366ced0c741fd2dde533e258fd \\",
		"    --hash=sha256:e567f26e2ebeed3309f8e1f3a12b7a67170b5bd333b1c6e1acfe8a27b82f8714 \\",
		"    --hash=sha256:e5a639df5541ca018df34493633cd696afd3b862d18059c6f16c136800d8d56d \\",
		"    --hash=sha256:e5aacfa47f5ed20e3c7f1e9b84ea541610d876c0edcfed66c9f0a5e7133011e3 \\",
		"    --hash=sha256:e8dec35d0f0b5392effa503792e513452c45da0e7b2123ab5c8dd302e5a9ecc2 \\",
		"    --hash=sha256:e9f9c010c9bf340049363db6129f6ab7507466f016ee6ff2ad8858520a404ae9 \\",
		"    --hash=sha256:ee64f1392c3e21ddda05769e1ec6a837764ec145b8a7fd6ea9af0469be4c3eb2 \\",
		"    --hash=sha256:f0e2082c0d5585f5bb1848bb2727ee6da4cc1834e3d4e15789d587fc7c365c92 \\",
		"    --hash=sha256:f46da25d37c074c9885febea7fed235d6d91d2ad7d3202fa3a9e90f96ca4f228 \\",
		"    --hash=sha256:f5abb7a951b4e92672bdafeb1f1180aba34938e6b732c5153495d90bc7db2ddc \\",
		"    --hash=sha256:f60d1e0f4eaafaa2300d2e2c7db4bf0581220009e99fbc566e21b76c2cde0145 \\",
		"    --hash=sha256:f6538d2819fd511c6f8843da523fd6c8a170fb909506b1cef5a4ea8b8d2e50c2 \\",
		"    --hash=sha256:f81a1ecdfd33f20aefbf89aee8b574f69fc3596e344b101524d9cc316df1d1ef \\",
		"    --hash=sha256:f8367b955631eeccbb8061e07faa4d294429d9608cf646b528ec953379b60573 \\",
		"    --hash=sha256:f87895427f71420a89a7e30c1841caf64bc4b3ac446dad6779f108e27871630c \\",
		"    --hash=sha256:f90c93a9f5d12ccda64e1c3c1e7979d47815deff05599c16fb8c82ef802a2366 \\",
		"    --hash=sha256:f99186392ea0e1adb663457d4bac5a6f01ad1f6950bf42bb5c266872e1c78ad3 \\",
		"    --hash=sha256:f9e38405339f79a70212495b9c080c19a2065ec38fa55840ebef99a5ee3988f1 \\",
		"    --hash=sha256:ffe34ab51a0d37e6d1c661a5672df00d2d5e18804e38eac07abffb83fa5ec3d7",
		"typer==0.23.2 ; python_full_version < '3.10' \\",
		"    --hash=sha256:a99706a08e54f1aef8bb6a8611503808188a4092808e86addff1828a208af0de \\",
		"    --hash=sha256:e9c8dc380f82450b3c851a9b9d5a0edf95d1d6456ae70c517d8b06a50c7a9978",
		"typer==0.29.1 ; python_full_version == '3.10.*' \\",
		"    --hash=sha256:00dbc549c13428bec1be55fe1f4d0fb8c6637a310e4f178ef14abe9534ee7b58 \\",
		"    --hash=sha256:ab6eb3880bf67ce96147734717f9ec333c06f66e361f3ea947d0be43da39f242",
		"typer==0.29.2 ; python_full_version >= '3.11' \\",
		"    --hash=sha256:b1998dc5f2c3dedafa1517a9521fa944cc4dc1fadcea085d81a3b10ebcaeb075 \\",
		"    --hash=sha256:f30731f8ca758368b836b3714872e58e395cef8fcaff918c853b1969ed5274e7",
		"typing-extensions==4.16.0 \\",
		"    --hash=sha256:481caa481374e813c1b176ada14e97f1f67a4539ce9cfeb3f350d78d6370c2e8 \\",
		"    --hash=sha256:dc983d19a509c94dba722ee6abd33940f7c05a89e243c47e907eb4db6f1a43e5",
		"typing-inspection==0.4.5 ; python_full_version >= '3.10' \\",
		"    --hash=sha256:7f16c411e7930dc79596d42ab44672a3fe5f60eb34b781a1647e7872363120c7 \\",
		"    --hash=sha256:bc210535442b39e1bf2805e0c7a17dfd6a4ace760c84c7f7d16245d23a6b1c39",
		"urllib3==2.6.3 ; python_full_version < '3.10' \\",
		"    --hash=sha256:1b62b6884944a57dbe321509ab94fd4d3b307075e0c2eae991ac71ee15ad38ed \\",
		"    --hash=sha256:bf272323e553dfb2e87d9bfd225ca7b0f467b919d7bbd355436d3fd37cb0acd4",
		"urllib3==2.8.0 ; python_full_version >= '3.10' \\",
		"    --hash=sha256:0cf3cae568d36aa9576b28dfb35f11328f1cb974ca7647d9475ebb86c75ac6e3 \\",
		"    --hash=sha256:63bf2ead4c879426ebf22ef2a781eeb4aa3b4ae798a0435506f8687fd5bb9b63"
	],
	kiwi: ["kiwi==11.1.6 \\", "    --hash=sha256:9898e3ba141d10ab9ad0e9881fbe096110dd54d758808a3f78de52d53abae5d7"]
};
// src/kiwi/install.ts
/** Nothing is taken from a cache of another day, and a network that fails for a moment is no failure. */
const PIP_OPTIONS = [
	"--quiet",
	"--no-input",
	"--no-cache-dir",
	"--disable-pip-version-check",
	"--retries",
	"5",
	"--no-compile"
];
/**
* Stands alone in its folder, so that a PATH with it offers kiwi-ng and no other Python. It finds the Python of the
* virtual environment from where it lies itself: the scripts that pip writes hold the path they were installed at. `-I`
* keeps modules of the working folder and of the user out of a program that runs as root, `-B` keeps root from writing
* into a folder of the user.
*/
const LAUNCHER = `#!/bin/sh
here=$(dirname -- "$(readlink -f -- "$0")")
exec "$here/../bin/python" -I -B -c 'import sys
sys.argv[0] = "kiwi-ng"
from kiwi.kiwi import main
sys.exit(main())' "$@"
`;
/**
* Installs kiwi-ng from PyPI into a virtual environment of its own. The pinned version and all it needs are locked by
* hash; of any other version pip chooses the dependencies.
*
* @throws InputError when PyPI does not have the version, HostError when this Python cannot make virtual environments or
*   is too old, CommandError when pip fails otherwise
*/
async function installKiwi(installation) {
	const { version, folder, report, signal } = installation;
	const lines = [];
	const options = {
		...signal ? { signal } : {},
		onLine: (line) => lines.push(line)
	};
	report.info(`installing kiwi-ng ${version} from PyPI`);
	await makeEnvironment(installation);
	const pip = (args) => runCommand(join(folder, "bin/python"), [
		"-I",
		"-m",
		"pip",
		"install",
		...PIP_OPTIONS,
		...args
	], options);
	try {
		if (version === "11.1.6") await installLocked(folder, pip);
		else await pip([`kiwi==${version}`]);
	} catch (error) {
		if (!(error instanceof CommandError) || lacksSpace(error)) throw spaceError(error, folder);
		throw explained(error, version, lines);
	}
	await compile(folder, signal);
	await writeLauncher(folder);
}
async function makeEnvironment({ folder, python, signal }) {
	try {
		await runCommand(python, [
			"-m",
			"venv",
			folder
		], signal ? { signal } : {});
	} catch (error) {
		if (!(error instanceof CommandError) || error.outcome.kind !== "exit" || lacksSpace(error)) throw spaceError(error, folder);
		throw new HostError("host-python", `${python} cannot make a virtual environment`, "install the package python3-venv");
	}
}
/** KIWI comes as source: what builds it is locked as well, so pip must not fetch it by itself. */
async function installLocked(folder, pip) {
	const file = join(folder, "requirements.txt");
	for (const [lines, options] of [[requirements_default.dependencies, []], [requirements_default.kiwi, ["--no-deps", "--no-build-isolation"]]]) {
		await putText(file, lines.map((line) => `${line}\n`).join(""));
		await pip([
			"--require-hashes",
			...options,
			"--requirement",
			file
		]);
	}
	await rm(file);
}
/** Compiled files that do not look at the time of their source: a copy of the folder has other times. */
async function compile(folder, signal) {
	const args = [
		"-I",
		"-m",
		"compileall",
		"-q",
		"--invalidation-mode",
		"unchecked-hash",
		join(folder, "lib")
	];
	await runCommand(join(folder, "bin/python"), args, {
		accept: [0, 1],
		...signal ? { signal } : {}
	});
}
async function writeLauncher(folder) {
	const launcher = join(folder, "path/kiwi-ng");
	await mkdir(join(folder, "path"));
	await putText(launcher, LAUNCHER);
	await chmod(launcher, 493);
	await rm(join(folder, "bin/kiwi-ng"), { force: true });
	await symlink("../path/kiwi-ng", join(folder, "bin/kiwi-ng"));
}
/** pip lists what there is: `… (from versions: 9.0.0, 9.0.1)`, and apart from it what asks for a newer Python. */
function explained(error, version, lines) {
	const text = lines.join("\n");
	if (!text.includes(`No matching distribution found for kiwi==${version}`)) return error;
	const needs = (/different python version: (.*)/.exec(text)?.[1] ?? "").split("; ").find((entry) => entry.startsWith(`${version} Requires-Python `));
	if (needs !== void 0) return new HostError("host-python", `kiwi-ng ${version} needs Python ${needs.replace(/^\S+ Requires-Python /, "")}`, "install one, or set kiwi-version to an older one");
	const known = (/\(from versions: ([^)]*)\)/.exec(text)?.[1]?.split(", ") ?? []).filter((each) => /^\d/.test(each)).slice(-5);
	if (known.length === 0) return error;
	return new InputError([{
		where: "input kiwi-version",
		text: `PyPI has no KIWI '${version}': ${`the newest are ${known.join(", ")}`}`
	}]);
}
// src/job/tools.ts
/**
* Makes sure of every tool the job needs, and before it installs any, of all that no package brings. Tools that are there
* are used as they are.
*
* @returns kiwi-ng; undefined where the job builds nothing
* @throws HostError, or HostErrors with all at once, where something is missing that may not or cannot be installed
*/
async function readyTools(job) {
	const { facts, report, nowSeconds, signal } = job;
	const folders = searchFolders(job.searchPath);
	const distribution = await readDistribution();
	const missing = await missingTools(toolNeeds(facts), folders);
	const kiwi = facts.source === "description" ? await presentKiwi(facts.kiwiVersion, folders, job) : void 0;
	const privileges = facts.source === "description" || job.installs && missing.length > 0 ? await findPrivileges() : { kind: "none" };
	const lack = hostError([
		...facts.source === "description" ? await lacksOf(facts, {
			privileges,
			folders
		}, job) : [],
		...toolLacks({
			missing,
			kiwi,
			distribution
		}, job),
		...job.lacks ?? []
	]);
	if (lack) throw lack;
	await installTools({
		missing,
		distribution,
		privileges,
		folders,
		report,
		nowSeconds,
		signal
	});
	const shown = facts.source === "registry" ? ["skopeo"] : ["skopeo", "qemu-img"];
	for (const program of shown) report.info(await versionLine(program));
	if (facts.source !== "description") return void 0;
	const ready = kiwi ?? await newKiwi(facts.kiwiVersion, folders, job);
	report.info(`kiwi-ng ${ready.version} (${ready.path})`);
	return ready;
}
async function lacksOf(facts, { privileges, folders }, job) {
	return job.lacks === void 0 ? rootLacks(privileges) : machineLacks(facts, privileges, folders);
}
/** What is missing of programs and files that may not be installed, or that no package is known to bring. */
function toolLacks({ missing, kiwi, distribution }, { facts, installs }) {
	if (installs) return missing.length > 0 && !canInstall(missing, distribution) ? [missingToolsError(missing, distribution)] : [];
	if (facts.source === "description" && facts.kiwiVersion !== "system" && kiwi === void 0) return [withKiwi(facts.kiwiVersion, missing, distribution)];
	return missing.length > 0 ? [missingToolsError(missing, distribution)] : [];
}
/** The kiwi-ng of the machine where it is the wanted one, else one that we installed before. */
async function presentKiwi(wanted, folders, job) {
	const found = await findProgram(["kiwi-ng"], folders);
	const version = found === void 0 ? void 0 : await versionOf(found);
	if (found !== void 0 && version !== void 0 && (wanted === "system" || version === wanted)) return {
		path: found,
		version
	};
	const kept = wanted === "system" ? void 0 : await job.shelf.find(wanted);
	return kept === void 0 ? void 0 : keptKiwi(kept, wanted);
}
async function newKiwi(wanted, folders, job) {
	if (wanted !== "system") return freshKiwi(wanted, job);
	const installed = await presentKiwi(wanted, folders, job);
	if (installed) return installed;
	throw new HostError("host-kiwi", "the kiwi-ng of this machine does not start", "run kiwi-ng --version to see why");
}
/** A kept kiwi-ng works no more when the Python that it was made with is gone. */
async function keptKiwi(folder, version) {
	const path = launcher(folder);
	return await versionOf(path) === version ? {
		path,
		version
	} : void 0;
}
async function freshKiwi(version, job) {
	const folder = await makeJobFolder(job.temp, "kiwi-", job);
	try {
		await installKiwi({
			version,
			folder,
			python: "python3",
			report: job.report,
			signal: job.signal
		});
		const path = launcher(await job.shelf.keep(folder, version));
		if (await versionOf(path) !== version) throw new HostError("host-kiwi", `kiwi-ng ${version} does not start`, `run ${path} --version to see why`);
		return {
			path,
			version
		};
	} finally {
		await removeMarked(folder);
	}
}
function launcher(folder) {
	return join(folder, "path", "kiwi-ng");
}
async function versionOf(kiwi) {
	try {
		return kiwiVersionIn((await runCommand(kiwi, ["--version"], { timeoutSeconds: 60 })).stdout.toString("utf8"));
	} catch (error) {
		if (error instanceof CommandError && !wasAskedToEnd(error)) return void 0;
		throw error;
	}
}
async function versionLine(program) {
	const { stdout } = await runCommand(program, ["--version"], { timeoutSeconds: 60 });
	return stdout.toString("utf8").split("\n")[0] ?? program;
}
function withKiwi(version, missing, distribution) {
	const kiwi = `this machine lacks kiwi-ng ${version}`;
	const remedy = "set install-tools, which puts it into a folder of its own";
	if (missing.length === 0) return new HostError("host-tools", kiwi, remedy);
	return new HostError("host-tools", `${kiwi}, and ${missingToolsError(missing, distribution).message}`, remedy);
}
// src/steps/localshelf.ts
/** Keeps kiwi-ng for this job only. */
function jobShelf(temp, keeping) {
	return {
		find: async () => void 0,
		keep: async (folder) => {
			const own = await makeJobFolder(temp, "tools-", keeping);
			await cp(folder, join(own, "kiwi-ng"), {
				recursive: true,
				verbatimSymlinks: true
			});
			return join(own, "kiwi-ng");
		}
	};
}
// src/registry/login/realm.ts
/** docker.io is answered by another host (c/image docker/docker_client.go, dockerHostname). */
const DOCKER_HOST = "registry-1.docker.io";
const ANSWER_SECONDS = 10;
const MOST_REDIRECTS = 5;
const REDIRECTS = [
	301,
	302,
	303,
	307,
	308
];
/** Registries whose logins are known to be checked under another domain of the same owner. */
const SAME_OWNER = {
	"scw.cloud": "scaleway.com",
	"docker.com": "docker.io"
};
/** Below a country's domain, what is nobody's own: `co.uk`. Names of two or three letters may well be somebody's. */
const SHARED = /^(ac|co|com|edu|gob|gouv|gov|go|govt|id|ltd|me|mil|ne|net|nhs|nom|or|org|plc|sch)$/;
/**
* Asks a registry, without any login, where it has logins checked: skopeo sends them to whatever address it names (the
* `realm`, distribution spec "token authentication"), also in clear and to anybody.
*
* @throws RegistryError where that is no place for a login of this registry
*/
async function checkRealm(registry, access) {
	const problem = (await askRealms(registry, access)).map((realm) => realmProblem(registry, realm)).find((each) => each !== void 0);
	if (problem === void 0) return;
	throw new RegistryError("registry-realm", `${registry} ${problem}`, {
		side: "target",
		reference: registry
	});
}
/** Why a login must not be sent where a registry wants it, and what to do; continues a sentence about the registry. */
function realmProblem(registry, { url, plain }) {
	const realm = URL.canParse(url) ? new URL(url) : void 0;
	if (realm === void 0) return `names no address where it has logins checked, but ${url}: check its name`;
	const [ours, theirs] = [hostOf(registry), realm.hostname];
	if (realm.protocol === "http:" ? plain && ours === theirs : realm.protocol === "https:" && sameOwner(ours, theirs)) return void 0;
	const clear = realm.protocol === "https:" ? "" : ", in clear";
	return `wants its logins sent to ${realm.origin}${clear}, which is not done: check the name of the registry, or log in there before with skopeo login and leave username and password out`;
}
function sameOwner(registry, realm) {
	const [ours, theirs] = [domainOf(registry), domainOf(realm)];
	return ours === theirs || SAME_OWNER[ours] === theirs;
}
/** What one owner has of a host name: the last two parts, three below `co.uk` and the like; all of an IP address. */
function domainOf(host) {
	if (/^[\d.]+$|[:[]/.test(host)) return host;
	const parts = host.toLowerCase().split(".");
	const [second = "", top = ""] = parts.slice(-2);
	return parts.slice(top.length === 2 && SHARED.test(second) ? -3 : -2).join(".");
}
function hostOf(registry) {
	return registry.replace(/:\d+$/, "");
}
/** @returns none where it names none, or does not answer, of which skopeo will tell */
async function askRealms(registry, access) {
	const host = registry === "docker.io" ? DOCKER_HOST : registry;
	for (const scheme of access.tlsVerify ? ["https"] : ["https", "http"]) {
		const answer = await challenge(`${scheme}://${host}/v2/`, access).catch(() => void 0);
		access.signal?.throwIfAborted();
		if (answer === void 0) continue;
		return answer.flatMap(bearerRealms).map((url) => ({
			url,
			plain: scheme === "http"
		}));
	}
	return [];
}
/**
* Every address that a header `WWW-Authenticate` names behind `Bearer`. skopeo takes the first header of a scheme that it
* knows, and of one name twice the last (c/image docker/wwwauthenticate.go): none of them may be wrong.
*/
function bearerRealms(header) {
	const start = header.search(/\bbearer\b/i);
	if (start < 0) return [];
	return [...header.slice(start).matchAll(/\brealm\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi)].map(([, quoted, token = ""]) => quoted?.replaceAll(/\\(.)/g, "$1") ?? token);
}
async function challenge(url, access) {
	let asked = new URL(url);
	for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
		const { statusCode = 0, headers, headersDistinct } = await head(asked, access.signal);
		if (!REDIRECTS.includes(statusCode) || headers.location === void 0) return headersDistinct["www-authenticate"] ?? [];
		asked = new URL(headers.location, asked);
	}
	return [];
}
function head(url, signal) {
	return new Promise((resolve, reject) => {
		const options = {
			timeout: ANSWER_SECONDS * 1e3,
			rejectUnauthorized: false,
			...signal === void 0 ? {} : { signal }
		};
		const request$2 = (url.protocol === "https:" ? request$1 : request)(url, options, (answer) => {
			answer.resume();
			answer.once("error", () => {});
			resolve(answer);
			request$2.destroy();
		});
		request$2.once("timeout", () => request$2.destroy(/* @__PURE__ */ new Error("no answer")));
		request$2.once("error", reject);
		request$2.end();
	});
}
// src/registry/login/login.ts
const OWN_FILE = "auth.json";
const CHECK_FILE = "check.json";
/**
* Makes the logins of one job ready. A given login is tried at its registry and stands, with the user's other logins
* below it, in a file of our own (0600). The user's own files are only read.
*
* @throws RegistryError when the registry does not accept the login, or wants it sent to somebody else, InputError when `authfile` or the registry's name
*   is wrong, HostError when a file of logins cannot be read
*/
async function prepareLogins(request, access) {
	const { login, authfile } = request;
	const existing = await existingLogins(request);
	const closed = authfile === void 0 ? await closedFiles(request.files) : [];
	for (const file of closed) access.report.info(`${file} lies in a folder that is closed to us: it holds no login of ours`);
	const { logins: converted, forms } = await withStore(existing, request, access);
	const secrets = [...fileForms(converted), ...forms];
	if (!login) {
		const file = converted === existing && closed.length === 0 ? authfile : await writeLogins(request.folder, converted);
		return {
			...file === void 0 ? {} : { authfile: file },
			secrets
		};
	}
	const registry = parseRegistry(login.registry);
	if (typeof registry !== "string") throw new InputError([{
		where: "input registry",
		text: registry.problem
	}]);
	await checkRealm(registry, access);
	await tryLogin({
		...login,
		registry
	}, request.folder, access);
	return {
		authfile: await writeLogins(request.folder, withLogin(converted, {
			...login,
			registry
		})),
		secrets: [...secrets, ...loginForms(login)]
	};
}
async function existingLogins(request) {
	const { authfile, files } = request;
	if (authfile === void 0) return await mergedFiles(files);
	const logins = await readLogins(authfile);
	if (logins) return logins;
	throw new InputError([{
		where: "input authfile",
		text: `there is no file ${authfile}: write the path of a file of logins`
	}]);
}
/** Files in folders that we may not enter: root's podman makes /run/containers so that no user's file can be in it. */
async function closedFiles(files) {
	const isClosed = async (file) => {
		const error = await stat(file).catch((thrown) => thrown);
		return error instanceof Error && error.code === "EACCES";
	};
	const closed = await Promise.all(files.map(isClosed));
	return files.filter((_, index) => closed[index]);
}
async function mergedFiles(files) {
	const closed = await closedFiles(files);
	const open = files.filter((file) => !closed.includes(file));
	return mergedLogins(await Promise.all(open.map(async (file) => await readLogins(file) ?? noLogins)));
}
async function readLogins(path) {
	const there = await stat(path).catch(() => void 0);
	if (there?.isFIFO() || there?.isSocket()) throw new HostError("host-logins", `the file of logins ${path} is a pipe`, "give a file");
	const text = await readFile(path, "utf8").catch((error) => {
		if (error.code === "ENOENT" || error.code === "ENOTDIR") return void 0;
		throw new HostError("host-logins", `the file of logins ${path} cannot be read (${error.code})`, "make it readable, or remove it");
	});
	return text === void 0 ? void 0 : parseLogins(text, path);
}
/**
* Docker's helper for all registries, said per registry as skopeo wants it; the same object where nothing changes.
*
* @returns the forms of what the helper answered, too
*/
async function withStore(logins, request, access) {
	const { credsStore: store } = logins;
	if (store === void 0) return {
		logins,
		forms: []
	};
	let result = logins;
	const forms = [];
	for (const registry of new Set(request.registries)) {
		if (registry === request.login?.registry || knowsLogin(logins, registry)) continue;
		const answer = await askHelper(store, registry === "docker.io" ? DOCKER_SERVER : registry, access);
		if (answer === void 0) continue;
		forms.push(...loginForms({
			username: answer.Username,
			password: answer.Secret
		}));
		result = registry === "docker.io" ? withAuth(result, registry, answer.Username, answer.Secret) : withHelper(result, registry, store);
	}
	return {
		logins: result,
		forms
	};
}
/** docker-credential-helpers, README "Development": `get` takes the server by stdin and prints JSON. */
async function askHelper(store, server, access) {
	const { environment: env, signal } = access;
	const options = {
		env,
		input: `${server}\n`,
		timeoutSeconds: 60,
		...signal === void 0 ? {} : { signal }
	};
	try {
		const answer = JSON.parse((await runCommand(`docker-credential-${store}`, ["get"], options)).stdout.toString("utf8"));
		return isHelperAnswer(answer) ? answer : void 0;
	} catch (error) {
		if (signal?.aborted) throw error;
		if (error instanceof CommandError && error.outcome.kind === "missing") access.report.warning(`docker keeps its logins with docker-credential-${store}, which is not installed: going on without them`);
		return;
	}
}
function isHelperAnswer(value) {
	if (typeof value !== "object" || value === null) return false;
	return "Username" in value && typeof value.Username === "string" && "Secret" in value && typeof value.Secret === "string";
}
async function tryLogin(login, folder, access) {
	const { registry, username, password } = login;
	const file = join(folder, CHECK_FILE);
	const { authfile: _, ...withoutFile } = access;
	const args = [
		"login",
		"--authfile",
		file,
		...inspectFlags(withoutFile),
		`--username=${username}`,
		"--password-stdin",
		registry
	];
	const purpose = {
		side: "target",
		reference: registry,
		failure: `the login to ${registry} as ${username} failed`
	};
	try {
		await runSkopeo(args, {
			...withoutFile,
			secrets: loginForms(login)
		}, purpose, { input: password });
	} finally {
		await rm(file, { force: true });
	}
}
async function writeLogins(folder, logins) {
	const path = join(folder, OWN_FILE);
	await putText(path, loginsText(logins), {
		mode: 384,
		flag: "wx"
	});
	return path;
}
// src/steps/logins.ts
/**
* Does something with the job's logins in a folder that only we can read, which goes when it is done.
*
* @throws RegistryError when the registry does not accept the login, and whatever `use` throws
*/
async function withLogins(needs, inputs, around, step, use) {
	const { login, authfile } = inputs;
	const registry = inputs.registry ?? needs.loginRegistry;
	const folder = await makeJobFolder(around.temp, "login-", step);
	try {
		const secrets = login ? loginForms(login) : [];
		const access = {
			loginFiles: around.loginFiles,
			tlsVerify: needs.tlsVerify,
			tmpFolder: step.tmpFolder,
			environment: skopeoEnvironment(process.env, secrets),
			report: step.report,
			signal: step.signal
		};
		const prepared = await prepareLogins({
			folder,
			...login && registry !== void 0 ? { login: {
				...login,
				registry
			} } : {},
			...authfile === void 0 ? {} : { authfile },
			files: around.loginFiles,
			registries: needs.registries
		}, access);
		const proxies = Object.values(around.proxies).flatMap(addressForms);
		return await use({
			...access,
			...prepared,
			secrets: [...prepared.secrets, ...proxies]
		});
	} finally {
		await removeMarked(folder);
	}
}
// src/steps/mergejob.ts
/** Readies skopeo and the logins, and merges; what both entries do. Throws what `readyTools` and `mergeImages` do. */
async function runMerge(run) {
	const { plan, inputs, around, report, signal, holder, keep, onProgress } = run;
	await readyTools({
		facts: { source: "registry" },
		installs: plan.installTools,
		searchPath: around.searchPath,
		temp: around.temp,
		shelf: jobShelf(around.temp, run),
		nowSeconds: Date.now() / 1e3,
		report,
		signal,
		holder,
		keep
	});
	const workFolder = await makeWorkFolder(around, run);
	try {
		return await withLogins({
			...plan,
			registries: plan.repositories.map(({ registry }) => registry)
		}, inputs, around, {
			tmpFolder: workFolder,
			report,
			signal,
			holder,
			keep
		}, (access) => mergeImages({
			plan,
			access,
			workFolder,
			onProgress
		}));
	} finally {
		await removeMarked(workFolder);
	}
}
// src/steps/canceling.ts
/** A signal to all of a job reaches its programs and us in any order. */
const SAME_MOMENT_MILLISECONDS = 50;
/** Cancels at what a runner, a shell or a terminal that closes sends to end a job. */
function cancelAtSignals(canceling) {
	for (const name of [
		"SIGINT",
		"SIGTERM",
		"SIGHUP"
	]) process.on(name, () => canceling.abort());
}
/** What to tell of the error that a job ended with: a program that a signal ended, which meant all of the job, is a cancel. */
async function endOfJob(error, canceled) {
	if (!(error instanceof CommandError) || error.outcome.kind !== "signal") return error;
	await setTimeout$1(SAME_MOMENT_MILLISECONDS);
	return canceled.aborted ? new CommandError(error.program, error.args, { kind: "canceled" }, []) : error;
}
// src/steps/proxies.ts
const PROXY_VARIABLES = [
	"http_proxy",
	"https_proxy",
	"ftp_proxy",
	"no_proxy",
	"all_proxy"
];
/** The variables that say which proxy programs take, in both spellings. */
function proxyVariables(environment) {
	const names = PROXY_VARIABLES.flatMap((name) => [name, name.toUpperCase()]);
	return Object.fromEntries(names.flatMap((name) => environment[name] ? [[name, environment[name]]] : []));
}
/**
* Node asks mirrors directly unless it is told to take the proxy that all other programs take. They take `host:port` too,
* and proxies of other protocols, at which Node would end with an error that quotes the address, its password among it.
*/
function takeProxies(proxies) {
	if (!("setGlobalProxyFromEnv" in http)) return;
	const usable = Object.entries(proxies).flatMap(([name, text]) => {
		if (/^(no|all|ftp)_/i.test(name)) return [[name, text]];
		const address = text.includes("://") ? text : `http://${text}`;
		return URL.canParse(address) && /^https?:/i.test(address) ? [[name, address]] : [];
	});
	if (!usable.some(([name]) => /^https?_proxy$/i.test(name))) return;
	try {
		http.setGlobalProxyFromEnv(Object.fromEntries(usable));
	} catch {}
}
// src/steps/step.ts
/** What is left of a job after a bug of ours has this long to clean up: more than KIWI needs to end. */
const LAST_MILLISECONDS = 6e4;
/**
* Runs the main of a step: a cancel (SIGINT, then SIGTERM by the runner) aborts the signal, an error ends in one clear
* line, its detail and an exit code.
*/
async function runStep(main, lastMilliseconds = LAST_MILLISECONDS) {
	const report = new Runner();
	const controller = new AbortController();
	cancelAtSignals(controller);
	for (const address of Object.values(proxyVariables(process.env))) maskUriPassword(address);
	process.on("uncaughtException", (error) => {
		process.exitCode = report.error(error);
		controller.abort();
		setTimeout(() => process.exit(), lastMilliseconds).unref();
	});
	try {
		await main(report, controller.signal);
		report.endGroup();
	} catch (error) {
		process.exitCode = report.error(await endOfJob(error, controller.signal));
	}
}
// src/job/holder.ts
const BOOT_FILE = "/proc/sys/kernel/random/boot_id";
/** A job of the runner that this process works for. */
async function thisJob(job) {
	const place = job && await thisPlace();
	return place && {
		...place,
		...job
	};
}
async function thisPlace() {
	try {
		const [boot, namespace] = await Promise.all([readFile(BOOT_FILE, "utf8"), readlink("/proc/self/ns/pid")]);
		return {
			host: hostname(),
			boot: boot.trim(),
			namespace
		};
	} catch {
		return;
	}
}
// src/steps/guardian.ts
/**
* Reads lines until its input ends, as it does when we are killed, and hands the last one to the program in its arguments,
* which removes what it names; nothing where that line is empty. A shell, for that it costs next to nothing to have it wait.
*/
const PROGRAM = `exec >/dev/null 2>&1
watched=
while IFS= read -r line; do watched=$line; done
[ -z "$watched" ] || exec "$@" "$watched"`;
/**
* Starts a guardian: a process in a session of its own, which signals to our process group do not reach. Disposing of it
* ends it, and nothing is removed: whoever ends in order does that itself.
*
* @throws CommandError when no process can be started
*/
async function startGuardian(files) {
	const { nodePath, abandonedPath, searchPath } = files;
	const args = [
		"-c",
		PROGRAM,
		"sh",
		nodePath,
		abandonedPath
	];
	let ended = Promise.resolve();
	const input = await new Promise((resolve, reject) => {
		ended = runCommand("/bin/sh", args, {
			env: { PATH: searchPath },
			cwd: "/",
			apart: true,
			onInput: resolve
		});
		ended.catch(reject);
	});
	const mark = markPrograms();
	const watched = /* @__PURE__ */ new Set();
	let inside = [];
	const tell = () => {
		const told = {
			folders: [...watched],
			mark,
			inside,
			prefix: TEMPORARY_PREFIX
		};
		input.write(`${JSON.stringify(told)}\n`);
	};
	return {
		watch: (folder) => {
			watched.add(folder);
			tell();
		},
		forget: (folder) => {
			watched.delete(folder);
			tell();
		},
		watchInside: (folders) => {
			inside = folders;
			tell();
		},
		[Symbol.asyncDispose]: async () => {
			input.end("\n");
			await ended.catch(() => {});
		}
	};
}
// src/steps/stepfolders.ts
/**
* Keeps the folders of a step: its post entry removes them at the end of the job, and the guardian at once where the step
* is killed.
*
* @param inside folders of others in which the step has files under temporary names
*/
async function stepFolders(around, inside = []) {
	const guardian = await startGuardian(around);
	guardian.watchInside(inside);
	return {
		keeping: {
			holder: await thisJob(around.runnerJob),
			inside,
			keep: (folder) => {
				guardian.watch(folder);
				rememberFolder(folder);
			}
		},
		[Symbol.asyncDispose]: () => guardian[Symbol.asyncDispose]()
	};
}
// src/steps/surroundings.ts
function surroundings(environment) {
	const uid = process.getuid?.() ?? 0;
	const gid = process.getgid?.() ?? 0;
	const home = resolve(environment["HOME"] || homeOf(uid));
	const caches = environment["XDG_CACHE_HOME"] || join(home, ".cache");
	const mirrorsFile = environment["KIWI_OCI_MIRRORS"];
	const sourceDateEpoch = environment["SOURCE_DATE_EPOCH"];
	const runnerJob = jobOfRunner(environment);
	const proxies = proxyVariables(environment);
	takeProxies(proxies);
	return {
		temp: resolve(environment["RUNNER_TEMP"] || tmpdir()),
		cacheFolder: resolve(caches, "kiwi-oci"),
		hosted: environment["RUNNER_ENVIRONMENT"] === "github-hosted",
		searchPath: environment["PATH"] ?? "",
		uid,
		gid,
		machine: machinePlatform(process.arch),
		architecture: machine(),
		nodePath: process.execPath,
		supervisorPath: resolve(import.meta.dirname, "supervisor.js"),
		abandonedPath: resolve(import.meta.dirname, "abandoned.js"),
		loginFiles: loginFiles(environment, home, uid),
		proxies,
		...runnerJob ? { runnerJob } : {},
		...mirrorsFile ? { mirrorsFile } : {},
		...sourceDateEpoch ? { sourceDateEpoch } : {}
	};
}
/** @throws HostError where the system knows no home of this user, as of a number alone in a container */
function homeOf(uid) {
	try {
		return userInfo().homedir;
	} catch {
		throw new HostError("host-folder", `the user ${uid} has no home folder`, "set HOME to a folder of yours");
	}
}
/** The names of a run alone are not enough: a job that is run again, or of a matrix, has them too. */
function jobOfRunner(environment) {
	const temp = environment["RUNNER_TEMP"];
	const tracking = environment["RUNNER_TRACKING_ID"];
	if (!temp || !tracking) return void 0;
	return {
		temp: resolve(temp),
		job: [...[
			"GITHUB_REPOSITORY",
			"GITHUB_RUN_ID",
			"GITHUB_RUN_ATTEMPT",
			"GITHUB_JOB"
		].map((name) => environment[name] ?? ""), tracking].join(" ")
	};
}
/** Where skopeo looks (containers-auth.json(5)), the first file that is set or there wins for a registry. */
function loginFiles(environment, home, uid) {
	const given = environment["REGISTRY_AUTH_FILE"];
	if (given) return [given];
	const runtime = environment["XDG_RUNTIME_DIR"];
	const config = environment["XDG_CONFIG_HOME"] || join(home, ".config");
	return [
		...runtime ? [join(runtime, "containers/auth.json")] : [],
		`/run/containers/${uid}/auth.json`,
		join(config, "containers/auth.json"),
		join(environment["DOCKER_CONFIG"] || join(home, ".docker"), "config.json")
	];
}
/** What the defaults and the wording of inputs depend on. */
function inputFacts(around, origin) {
	return {
		machine: around.machine,
		architecture: around.architecture,
		installTools: origin === "action",
		...around.sourceDateEpoch === void 0 ? {} : { sourceDateEpoch: around.sourceDateEpoch }
	};
}
// src/steps/merge.ts
/** The only entry of merge/action.yml: from what several jobs pushed by digest to one tag for all platforms. */
await runStep(async (report, signal) => {
	const around = surroundings(process.env);
	const given = takeInputs(process.env, MERGE_NAMES);
	const { inputs, problems } = readMergeInputs(given.raw, inputFacts(around, "action"));
	if (inputs.login) maskSecret(inputs.login.username, inputs.login.password);
	const plan = mergePlan({
		inputs,
		problems: [...given.problems, ...problems]
	});
	await using folders = await stepFolders(around);
	await runMerge({
		plan,
		inputs,
		around,
		report,
		signal,
		...folders.keeping,
		onProgress: ({ digest, image, tags }) => setOutputs({
			digest,
			image,
			tags: tags.join("\n")
		})
	});
});
export {};
