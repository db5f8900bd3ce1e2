// Text to make messages of, in the tutorial's language: two sentences in five are plain ASCII, and about
// three remarks in five.

import type { SeededRandom } from "@typewire/testkit";

import { pick } from "../corpus.ts";

const SENTENCES = [
  "El servidor se está inicializando y espera a sus clientes.",
  "Cada cliente recibe una bienvenida en cuanto llega la conexión.",
  "La cabecera dice cuántos bytes ocupa el mensaje que viene detrás.",
  "Nada de lo que llega se ejecuta: solo se lee y se comprueba.",
  "¿Cuánto tarda un objeto en ir de una memoria a otra?",
  "Un hilo por cliente basta para diez clientes, no para diez mil.",
  "La niña pidió un café con leche y una tostada con aceite.",
  "Mañana por la mañana saldrá el tren de Logroño a Soria.",
  "El agua del río bajaba fría y muy clara aquella tarde.",
  "Con la luna llena los perros del pueblo no dejan dormir.",
  "Si la cola crece demasiado, el que escribe tiene que esperar.",
  "Todos los caminos llevan a Roma, pero unos tardan menos.",
] as const;

const GREETINGS = [
  "hola",
  "buenos dias a todos",
  "ya estoy aqui",
  "adiós, hasta mañana",
  "ok",
] as const;

/** Prose of about `length` UTF-16 units, whole sentences. */
export function prose(random: SeededRandom, length: number): string {
  let text = pick(random, SENTENCES);
  let result: string = text;
  while (result.length < length) {
    text = pick(random, SENTENCES);
    result += ` ${text}`;
  }
  return result;
}

/** What people say in a chat: short, now and then a sentence, and never twice the same. */
export function remark(random: SeededRandom): string {
  const text = random.next() < 0.5 ? pick(random, GREETINGS) : pick(random, SENTENCES);
  return `${text} (${random.integer(1, 999)})`;
}

/** A user's name, ASCII, five to twelve characters. */
export function userName(random: SeededRandom): string {
  return `${pick(random, ["marta", "julen", "ines", "pablo", "carmen"])}${random.integer(0, 9_999_999)}`;
}
