/** Why a type of a package gives no fields, as a sentence for whoever named it. */
export class ModelError extends Error {
  override readonly name = "ModelError";
}
